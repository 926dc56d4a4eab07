import { condition } from '@temporalio/workflow';
import type { CarriedState, DeliveryInput } from '../contract.ts';
import { asTime } from '../text.ts';
import { OperatorActions } from './operator-actions.ts';
import type { Command } from './read-command.ts';

/** The wait for a person, and what people did. */
export class Attention {
  readonly #waitFor: number | undefined;
  readonly #actions: OperatorActions;
  #waitingSince: number | undefined;
  #hasActed = false;

  constructor({ plan, carried }: Pick<DeliveryInput, 'plan' | 'carried'>) {
    this.#waitFor = plan.attentionFor;
    this.#waitingSince = carried?.waitingSince;
    this.#actions = new OperatorActions(carried?.actions);
  }

  /** False for deliveries that an older version has planned: they fail without waiting for a person. */
  get isEnabled(): boolean {
    return this.#waitFor !== undefined;
  }

  /** The time counts from here. In a run that continues a wait, it counts from the beginning of that wait. */
  startWaiting(): void {
    this.#waitingSince ??= Date.now();
  }

  /**
   * Waits until a person acts, or until `hasChanged`.
   *
   * @returns false if the time is over: it counts from the beginning of the wait, or from the last action in it
   */
  async waitForAction(hasChanged: () => boolean): Promise<boolean> {
    this.#hasActed = false;
    const left = (this.#deadline ?? 0) - Date.now();
    if (left <= 0) return hasChanged();
    return condition(() => this.#hasActed || hasChanged(), left, { summary: 'waits for a person' });
  }

  /** A retry ends the wait: the next wait has its full time. A dismissal starts the time of this wait again. */
  record(command: Command, affected: number, at = Date.now()): void {
    this.#actions.add(command, affected, at);
    this.#hasActed = true;
    if (this.#waitingSince !== undefined)
      this.#waitingSince = command.name === 'retryFailed' ? undefined : at;
  }

  carry(): Pick<CarriedState, 'waitingSince' | 'actions'> {
    const actions = this.#actions.all;
    return {
      ...(this.#waitingSince !== undefined && { waitingSince: this.#waitingSince }),
      ...(actions.length > 0 && { actions }),
    };
  }

  /**
   * Markdown for people; empty while nobody is waited for and nobody has acted.
   *
   * @param parked how many side effects of pairs are parked
   */
  describe(parked: number): string {
    const wait = parked > 0 &&
      this.#deadline && [
        `\nWaits for \`retryFailed\` or \`dismissFailed\` until ${asTime(this.#deadline)}, then fails.`,
      ];
    return [...(wait || []), ...this.#actions.table()].map((line) => `\n${line}`).join('');
  }

  get #deadline(): number | undefined {
    if (this.#waitingSince === undefined || this.#waitFor === undefined) return undefined;
    return this.#waitingSince + this.#waitFor;
  }
}
