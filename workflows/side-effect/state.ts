import type {
  CarriedSideEffect,
  FailureInfo,
  Pair,
  ParkedSideEffect,
  SideEffectProgress,
} from '../contract.ts';
import { countedIn, type Unit } from '../planning/units.ts';
import type { DistinctErrors } from './distinct-errors.ts';
import { readStatus, type UnitStatus, worstOf, writeStatuses } from './unit-status.ts';

/** A failed unit. `attempts` counts all attempts so far. */
export type Failure = FailureInfo & { attempts: number };

/** The status of every unit of one side effect. */
export class SideEffectState {
  readonly name: string;
  readonly units: readonly Unit[];
  /** The newest error of the units that are not done yet. */
  lastError: FailureInfo | undefined;
  readonly #statuses: UnitStatus[];
  readonly #failures = new Map<number, { error: number; attempts: number }>();
  readonly #errors: DistinctErrors;
  /** By the position of what is counted. */
  readonly #unitsOf: number[][];
  readonly #counts: Record<UnitStatus, number>;
  readonly #total: number;

  /** @param planned `total`: how many pairs the delivery has; 1 for the callback */
  constructor(
    planned: { name: string; units: readonly Unit[]; total: number },
    errors: DistinctErrors,
    carried?: CarriedSideEffect,
  ) {
    this.name = planned.name;
    this.units = planned.units;
    this.#errors = errors;
    this.#statuses = planned.units.map((_, unit) => readStatus(carried?.marks[unit]));
    for (const [unit, error, attempts] of carried?.failures ?? [])
      this.#failures.set(unit, { error, attempts });
    this.lastError = this.#newestError();

    const { total } = planned;
    this.#unitsOf = Array.from({ length: total }, () => []);
    for (const [position, unit] of planned.units.entries()) {
      for (const counted of countedIn(unit)) this.#unitsOf[counted]?.push(position);
    }
    this.#total = total;
    this.#counts = { pending: 0, retrying: 0, done: 0, befriended: 0, parked: 0, dismissed: 0 };
    for (const units of this.#unitsOf) this.#counts[this.#worst(units)] += 1;
  }

  /** Counts pairs, or the callback; not units. */
  get counts(): SideEffectProgress {
    const { befriended, ...counts } = this.#counts;
    const done = counts.done + befriended;
    return { ...counts, done, total: this.#total, ...(befriended > 0 && { befriended }) };
  }

  unitsWith(status: UnitStatus): number[] {
    return this.units.flatMap((_, unit) => (this.#statuses[unit] === status ? [unit] : []));
  }

  statusOf(unit: number): UnitStatus | undefined {
    return this.#statuses[unit];
  }

  unitAt(position: number): Unit {
    const unit = this.units[position];
    if (!unit) throw new RangeError(`no unit ${position} of ${this.name}`);
    return unit;
  }

  /** How many pairs these units carry. A pair that several of them carry counts once. The callback counts as one. */
  count(units: readonly number[]): number {
    return new Set(units.flatMap((unit) => countedIn(this.unitAt(unit)))).size;
  }

  attempts(unit: number): number {
    return this.#failures.get(unit)?.attempts ?? 0;
  }

  succeed(unit: number, status: 'done' | 'befriended' = 'done'): void {
    this.#settle(unit, status);
  }

  /** A person gave the unit up: it stays undone. */
  dismiss(unit: number): void {
    this.#settle(unit, 'dismissed');
  }

  /** @param status `retrying`: the unit is tried again by itself. `parked`: it waits for a person */
  fail(unit: number, status: 'retrying' | 'parked', failure: Failure): void {
    const error = this.#errors.add(failure);
    // A Map keeps the order of insertion. Deleted first, so that the newest failure is the last, also in the next run.
    this.#failures.delete(unit);
    this.#failures.set(unit, { error, attempts: failure.attempts });
    this.lastError = this.#errors.get(error);
    this.#setStatus(unit, status);
  }

  /** A unit that was retried waits for a person instead. It keeps its error and its attempts. */
  park(unit: number): void {
    this.#setStatus(unit, 'parked');
  }

  /** A parked unit is tried again. It keeps its error until it is done, and its attempts count on. */
  retry(unit: number): void {
    this.#setStatus(unit, 'retrying');
  }

  /** Adds to `counts`, by the position of the error, how many pairs each error holds up. */
  countErrors(counts: Map<number, number>): void {
    const counted = new Set<string>();
    for (const [unit, { error }] of this.#failures) {
      for (const position of countedIn(this.unitAt(unit))) {
        if (counted.has(`${error} ${position}`)) continue;
        counted.add(`${error} ${position}`);
        counts.set(error, (counts.get(error) ?? 0) + 1);
      }
    }
  }

  *parked(pairs: readonly Pair[]): Generator<ParkedSideEffect> {
    const listed = new Set<number>();
    for (const [unit, { error, attempts }] of this.#failures) {
      if (this.#statuses[unit] !== 'parked') continue;
      const { isCallback } = this.unitAt(unit);
      for (const position of countedIn(this.unitAt(unit))) {
        if (listed.has(position)) continue;
        listed.add(position);
        const pair = isCallback ? {} : pairs[position];
        yield { ...pair, sideEffect: this.name, error: this.#errors.get(error), attempts };
      }
    }
  }

  carry(): CarriedSideEffect {
    return {
      marks: writeStatuses(this.#statuses),
      failures: [...this.#failures].map(([unit, { error, attempts }]) => [unit, error, attempts]),
    };
  }

  #settle(unit: number, status: 'done' | 'befriended' | 'dismissed'): void {
    this.#failures.delete(unit);
    if (this.#failures.size === 0) this.lastError = undefined;
    this.#setStatus(unit, status);
  }

  #setStatus(unit: number, status: UnitStatus): void {
    const counted = countedIn(this.unitAt(unit));
    for (const position of counted) this.#counts[this.#worst(this.#unitsOf[position])] -= 1;
    this.#statuses[unit] = status;
    for (const position of counted) this.#counts[this.#worst(this.#unitsOf[position])] += 1;
  }

  #worst(units: readonly number[] = []): UnitStatus {
    return worstOf(units.map((unit) => this.#statuses[unit] ?? 'pending'));
  }

  #newestError(): FailureInfo | undefined {
    const newest = [...this.#failures.values()].at(-1);
    return newest && this.#errors.get(newest.error);
  }
}
