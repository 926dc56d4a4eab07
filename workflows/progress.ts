import type {
  CarriedState,
  DeliveryStatus,
  FriendDeletedInput,
  ParkedSideEffect,
  Progress,
} from './contract.ts';
import { describePairs, MAX_PARKED_LISTED } from './contract.ts';
import { ErrorBook } from './error-book.ts';
import { escapeMarkdown, tableHead, tableRow } from './markdown.ts';
import { SideEffectState } from './side-effect-state.ts';
import { planUnits } from './units.ts';

/** Where a delivery stands: what was done, what is retried, what waits for a person. */
export class DeliveryProgress {
  readonly sideEffects: readonly SideEffectState[];
  readonly #input: FriendDeletedInput;
  readonly #errors: ErrorBook;

  constructor(input: FriendDeletedInput) {
    const { pairs, plan, carried } = input;
    this.#input = input;
    this.#errors = new ErrorBook(carried?.errors);
    this.sideEffects = plan.sideEffects.map((sideEffect) => {
      const units = planUnits(sideEffect, pairs, plan.notifyRecipient);
      const { name } = sideEffect;
      return new SideEffectState(
        { name, units, pairs: pairs.length },
        this.#errors,
        carried?.sideEffects[name],
      );
    });
  }

  get status(): DeliveryStatus {
    const counts = this.sideEffects.map((sideEffect) => sideEffect.counts);
    if (counts.some(({ parked }) => parked > 0)) return 'NeedsAttention';
    if (counts.some(({ retrying }) => retrying > 0)) return 'Retrying';
    return counts.some(({ pending }) => pending > 0) ? 'Running' : 'Done';
  }

  /** How many side effects of pairs wait for a person. */
  get parked(): number {
    return this.sideEffects.reduce((sum, { counts }) => sum + counts.parked, 0);
  }

  /** The query's answer. */
  snapshot(): Progress {
    const counts = Object.fromEntries(this.sideEffects.map(({ name, counts }) => [name, counts]));
    return {
      deliveryId: this.#input.delivery.deliveryId,
      status: this.status,
      pairs: this.#input.pairs.length,
      sideEffects: counts,
      parked: this.#firstParked(),
      parkedTotal: this.parked,
      errors: this.errors(),
    };
  }

  /** For people, in Markdown; shown by the Temporal UI. */
  table(): string {
    const rows = this.sideEffects.map(({ name, counts, lastError }) => {
      const error = lastError ? escapeMarkdown(`${lastError.type}: ${lastError.message}`) : '';
      const dismissed = counts.dismissed > 0 ? `, ${counts.dismissed} dismissed` : '';
      // In the UI's narrow cells it must not break.
      const done = `${counts.done} of ${counts.total}`.replaceAll(' ', '\u00a0');
      return tableRow([name, done + dismissed, counts.retrying, counts.parked, error]);
    });
    // The static summary does not outlive a continue-as-new, so it is said here too.
    return [
      `**${this.status}**: ${escapeMarkdown(describePairs(this.#input.pairs))}`,
      '',
      ...tableHead(['side effect', 'done', 'retrying', 'parked', 'last error']),
      ...rows,
    ].join('\n');
  }

  carry(): CarriedState {
    return {
      sideEffects: Object.fromEntries(
        this.sideEffects.map((sideEffect) => [sideEffect.name, sideEffect.carry()]),
      ),
      errors: this.#errors.errors,
    };
  }

  /** Failures that are not mended yet, the same ones counted together. */
  errors(): Progress['errors'] {
    const counted = new Map<number, number>();
    for (const sideEffect of this.sideEffects) sideEffect.countErrors(counted);
    return [...counted].map(([error, count]) => ({ ...this.#errors.read(error), count }));
  }

  #firstParked(): ParkedSideEffect[] {
    const listed: ParkedSideEffect[] = [];
    for (const sideEffect of this.sideEffects) {
      for (const parked of sideEffect.parked(this.#input.pairs)) {
        if (listed.length === MAX_PARKED_LISTED) return listed;
        listed.push(parked);
      }
    }
    return listed;
  }
}
