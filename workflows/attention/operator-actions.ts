import type { OperatorAction } from '../contract.ts';
import { asTime, escapeMarkdown, shorten, tableHead, tableRow } from '../text.ts';

const MAX_ACTIONS = 10;
const MAX_NAME_LENGTH = 100;
const MAX_REASON_LENGTH = 300;

/** What is shown of a command. */
type Shown = { name: OperatorAction['command'] } & Pick<OperatorAction, 'sideEffect' | 'by' | 'reason'>;

/** The newest commands that people gave. Their number and texts are bounded, because continue-as-new carries them. */
export class OperatorActions {
  readonly #actions: OperatorAction[];

  constructor(carried: readonly OperatorAction[] = []) {
    this.#actions = [...carried];
  }

  get all(): OperatorAction[] {
    return [...this.#actions];
  }

  add({ name: command, sideEffect, by, reason }: Shown, affected: number, at: number): void {
    this.#actions.push({
      at,
      command,
      affected,
      ...(sideEffect !== undefined && { sideEffect }),
      ...(by !== undefined && { by: shorten(by, MAX_NAME_LENGTH) }),
      ...(reason !== undefined && { reason: shorten(reason, MAX_REASON_LENGTH) }),
    });
    this.#actions.splice(0, this.#actions.length - MAX_ACTIONS);
  }

  /** The lines of a Markdown table; none without actions. */
  table(): string[] {
    if (this.#actions.length === 0) return [];
    const rows = this.#actions.map(({ at, command, affected, sideEffect, by = '', reason = '' }) => {
      const what = `${command}: ${affected}${sideEffect ? ` × ${escapeMarkdown(sideEffect)}` : ''}`;
      return tableRow([asTime(at), what, escapeMarkdown(by), escapeMarkdown(reason)]);
    });
    return ['', ...tableHead(['when', 'action', 'by', 'reason']), ...rows];
  }
}
