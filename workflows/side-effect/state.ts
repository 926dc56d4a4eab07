import type {
  CarriedSideEffect,
  FailureInfo,
  Pair,
  ParkedSideEffect,
  SideEffectProgress,
} from '../contract.ts';
import type { Unit } from '../planning/units.ts';
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
  readonly #unitsOfPair: number[][];
  readonly #counts: SideEffectProgress;

  constructor(
    planned: { name: string; units: readonly Unit[]; pairs: number },
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

    this.#unitsOfPair = Array.from({ length: planned.pairs }, () => []);
    for (const [unit, { pairs }] of planned.units.entries()) {
      for (const pair of pairs) this.#unitsOfPair[pair]?.push(unit);
    }
    this.#counts = { pending: 0, retrying: 0, done: 0, parked: 0, dismissed: 0, total: planned.pairs };
    for (const units of this.#unitsOfPair) this.#counts[this.#worst(units)] += 1;
  }

  /** Counts pairs, not units. */
  get counts(): SideEffectProgress {
    return { ...this.#counts };
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

  /** How many pairs these units carry. A pair that several of them carry counts once. */
  countPairs(units: readonly number[]): number {
    return new Set(units.flatMap((unit) => this.units[unit]?.pairs ?? [])).size;
  }

  attempts(unit: number): number {
    return this.#failures.get(unit)?.attempts ?? 0;
  }

  succeed(unit: number): void {
    this.#settle(unit, 'done');
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
      for (const pair of this.units[unit]?.pairs ?? []) {
        if (counted.has(`${error} ${pair}`)) continue;
        counted.add(`${error} ${pair}`);
        counts.set(error, (counts.get(error) ?? 0) + 1);
      }
    }
  }

  *parked(pairs: readonly Pair[]): Generator<ParkedSideEffect> {
    const listed = new Set<number>();
    for (const [unit, { error, attempts }] of this.#failures) {
      if (this.#statuses[unit] !== 'parked') continue;
      for (const pair of this.units[unit]?.pairs ?? []) {
        if (listed.has(pair)) continue;
        listed.add(pair);
        yield { ...(pairs[pair] as Pair), sideEffect: this.name, error: this.#errors.get(error), attempts };
      }
    }
  }

  carry(): CarriedSideEffect {
    return {
      marks: writeStatuses(this.#statuses),
      failures: [...this.#failures].map(([unit, { error, attempts }]) => [unit, error, attempts]),
    };
  }

  #settle(unit: number, status: 'done' | 'dismissed'): void {
    this.#failures.delete(unit);
    if (this.#failures.size === 0) this.lastError = undefined;
    this.#setStatus(unit, status);
  }

  #setStatus(unit: number, status: UnitStatus): void {
    const pairs = this.units[unit]?.pairs ?? [];
    for (const pair of pairs) this.#counts[this.#worst(this.#unitsOfPair[pair])] -= 1;
    this.#statuses[unit] = status;
    for (const pair of pairs) this.#counts[this.#worst(this.#unitsOfPair[pair])] += 1;
  }

  #worst(units: readonly number[] = []): UnitStatus {
    return worstOf(units.map((unit) => this.#statuses[unit] ?? 'pending'));
  }

  #newestError(): FailureInfo | undefined {
    const newest = [...this.#failures.values()].at(-1);
    return newest && this.#errors.get(newest.error);
  }
}
