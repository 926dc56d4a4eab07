import { condition } from '@temporalio/workflow';
import type { Action, CarriedState, FriendDeletedInput } from './contract.ts';
import { escapeMarkdown, tableHead, tableRow } from './markdown.ts';
import type { Command } from './read-command.ts';

const MAX_ACTIONS = 10;
const MAX_NAME_LENGTH = 100;
const MAX_REASON_LENGTH = 300;

/** Waiting for a person, and what persons did. */
export class Attention {
  readonly #limit: number | undefined;
  readonly #actions: Action[];
  #since: number | undefined;
  #acted = false;

  constructor({ plan, carried }: Pick<FriendDeletedInput, 'plan' | 'carried'>) {
    this.#limit = plan.attentionFor;
    this.#since = carried?.waitingSince;
    this.#actions = [...(carried?.actions ?? [])];
  }

  /** Whether to wait for a person at all: not for a delivery of a version that did not. */
  get isWanted(): boolean {
    return this.#limit !== undefined;
  }

  begin(): void {
    this.#since ??= Date.now();
  }

  /**
   * Waits until a person acted or `hasChanged`.
   *
   * @returns false when nobody did so in time, counted from the beginning of the wait or from what was last done
   */
  async waited(hasChanged: () => boolean): Promise<boolean> {
    this.#acted = false;
    const left = (this.#deadline ?? 0) - Date.now();
    if (left <= 0) return hasChanged();
    return condition(() => this.#acted || hasChanged(), left, { summary: 'waits for a person' });
  }

  /** What is retried ends the wait; the next one is a new one. */
  note({ name: command, sideEffect, by, reason }: Command, affected: number, at = Date.now()): void {
    this.#actions.push({
      ...{ at, command, affected },
      ...(sideEffect !== undefined && { sideEffect }),
      ...(by !== undefined && { by: cut(by, MAX_NAME_LENGTH) }),
      ...(reason !== undefined && { reason: cut(reason, MAX_REASON_LENGTH) }),
    });
    this.#actions.splice(0, this.#actions.length - MAX_ACTIONS);
    this.#acted = true;
    if (this.#since !== undefined) this.#since = command === 'retryFailed' ? undefined : at;
  }

  carry(): Pick<CarriedState, 'waitingSince' | 'actions'> {
    return {
      ...(this.#since !== undefined && { waitingSince: this.#since }),
      ...(this.#actions.length > 0 && { actions: this.#actions }),
    };
  }

  /**
   * For people, in Markdown; empty while there is nothing to tell.
   *
   * @param parked how many side effects of pairs a person is waited for
   */
  describe(parked: number): string {
    const waits = parked > 0 &&
      this.#deadline && [
        `\nWaits for \`retryFailed\` or \`dismissFailed\` until ${asTime(this.#deadline)}, then fails.`,
      ];
    return [...(waits || []), ...this.#table()].map((line) => `\n${line}`).join('');
  }

  get #deadline(): number | undefined {
    return this.#since === undefined || this.#limit === undefined ? undefined : this.#since + this.#limit;
  }

  #table(): string[] {
    if (this.#actions.length === 0) return [];
    const rows = this.#actions.map(({ at, command, affected, sideEffect, by = '', reason = '' }) => {
      const what = `${command}: ${affected}${sideEffect ? ` × ${escapeMarkdown(sideEffect)}` : ''}`;
      return tableRow([asTime(at), what, escapeMarkdown(by), escapeMarkdown(reason)]);
    });
    return ['', ...tableHead(['when', 'action', 'by', 'reason']), ...rows];
  }
}

/** `2026-01-05 08:44 UTC` */
function asTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
