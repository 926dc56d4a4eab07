import {
  type CarriedState,
  type Delivery,
  type DeliveryInput,
  type DeliveryStatus,
  MAX_PARKED_LISTED,
  type ParkedSideEffect,
  type Progress,
} from '../contract.ts';
import type { PlannedDelivery } from '../planning/planned-delivery.ts';
import { DistinctErrors } from '../side-effect/distinct-errors.ts';
import { SideEffectState } from '../side-effect/state.ts';
import { escapeMarkdown, tableHead, tableRow } from '../text.ts';

/** The state of a delivery: what is done, what is retried, what is parked. */
export class DeliveryProgress {
  readonly sideEffects: readonly SideEffectState[];
  readonly #delivery: Delivery;
  readonly #planned: PlannedDelivery;
  readonly #errors: DistinctErrors;

  constructor({ delivery, carried }: Pick<DeliveryInput, 'delivery' | 'carried'>, planned: PlannedDelivery) {
    this.#delivery = delivery;
    this.#planned = planned;
    this.#errors = new DistinctErrors(carried?.errors);
    this.sideEffects = planned.sideEffects.map(
      ({ name, units }) =>
        new SideEffectState(
          { name, units, total: units.some(({ isCallback }) => isCallback) ? 1 : planned.pairs.length },
          this.#errors,
          carried?.sideEffects[name],
        ),
    );
  }

  get status(): DeliveryStatus {
    const counts = this.sideEffects.map((sideEffect) => sideEffect.counts);
    if (counts.some(({ parked }) => parked > 0)) return 'NeedsAttention';
    if (counts.some(({ retrying }) => retrying > 0)) return 'Retrying';
    return counts.some(({ pending }) => pending > 0) ? 'Running' : 'Done';
  }

  /** How many pairs are parked. A pair counts once for each of its side effects. */
  get parked(): number {
    return this.sideEffects.reduce((sum, { counts }) => sum + counts.parked, 0);
  }

  /** The answer of the query `progress`. */
  snapshot(): Progress {
    const counts = Object.fromEntries(this.sideEffects.map(({ name, counts }) => [name, counts]));
    return {
      deliveryId: this.#delivery.deliveryId,
      status: this.status,
      pairs: this.#planned.pairs.length,
      sideEffects: counts,
      parked: this.#firstParked(),
      parkedTotal: this.parked,
      errors: this.errors(),
    };
  }

  /** Markdown for people, which the Temporal UI shows as current details. */
  table(): string {
    const rows = this.sideEffects.map(({ name, counts, lastError }) => {
      const error = lastError ? escapeMarkdown(`${lastError.type}: ${lastError.message}`) : '';
      const befriended = counts.befriended ? `, ${counts.befriended} of them befriended` : '';
      const dismissed = counts.dismissed > 0 ? `, ${counts.dismissed} dismissed` : '';
      // Non-breaking, because the cells of the UI are narrow.
      const done = `${counts.done} of ${counts.total}`.replaceAll(' ', '\u00a0');
      return tableRow([name, done + befriended + dismissed, counts.retrying, counts.parked, error]);
    });
    // The title is the static summary too, but continue-as-new drops that.
    return [
      `**${this.status}**: ${escapeMarkdown(this.#planned.title)}`,
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

  /** The errors of what is not done yet. Equal errors are counted together. */
  errors(): Progress['errors'] {
    const counted = new Map<number, number>();
    for (const sideEffect of this.sideEffects) sideEffect.countErrors(counted);
    return [...counted].map(([error, count]) => ({ ...this.#errors.get(error), count }));
  }

  #firstParked(): ParkedSideEffect[] {
    const listed: ParkedSideEffect[] = [];
    for (const sideEffect of this.sideEffects) {
      for (const parked of sideEffect.parked(this.#planned.pairs)) {
        if (listed.length === MAX_PARKED_LISTED) return listed;
        listed.push(parked);
      }
    }
    return listed;
  }
}
