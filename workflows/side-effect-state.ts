import type { CarriedMarks, FailureInfo, Pair, ParkedSideEffect, SideEffectProgress } from './contract.ts';
import type { ErrorBook } from './error-book.ts';
import { type Mark, readMark, worstOf, writeMarks } from './marks.ts';
import type { Unit } from './units.ts';

/** A failed try of a unit. `attempts` counts all tries so far. */
export type Failure = FailureInfo & { attempts: number };

/** Where one side effect stands, unit by unit. */
export class SideEffectState {
  readonly name: string;
  readonly units: readonly Unit[];
  /** Of the failure that came last, for as long as something is not mended. */
  lastError: FailureInfo | undefined;
  readonly #marks: Mark[];
  readonly #failures = new Map<number, { error: number; attempts: number }>();
  readonly #errors: ErrorBook;
  readonly #unitsOfPair: number[][];
  readonly #counts: SideEffectProgress;

  constructor(
    plan: { name: string; units: readonly Unit[]; pairs: number },
    errors: ErrorBook,
    carried?: CarriedMarks,
  ) {
    this.name = plan.name;
    this.units = plan.units;
    this.#errors = errors;
    this.#marks = plan.units.map((_, unit) => readMark(carried?.marks[unit]));
    for (const [unit, error, attempts] of carried?.failures ?? [])
      this.#failures.set(unit, { error, attempts });
    this.lastError = this.#lastOpenError();

    this.#unitsOfPair = Array.from({ length: plan.pairs }, () => []);
    for (const [unit, { pairs }] of plan.units.entries()) {
      for (const pair of pairs) this.#unitsOfPair[pair]?.push(unit);
    }
    this.#counts = { pending: 0, retrying: 0, done: 0, parked: 0, dismissed: 0, total: plan.pairs };
    for (const units of this.#unitsOfPair) this.#counts[this.#worst(units)] += 1;
  }

  /** Pairs, not units. */
  get counts(): SideEffectProgress {
    return { ...this.#counts };
  }

  unitsMarked(mark: Mark): number[] {
    return this.units.flatMap((_, unit) => (this.#marks[unit] === mark ? [unit] : []));
  }

  isMarked(unit: number, mark: Mark): boolean {
    return this.#marks[unit] === mark;
  }

  /** How many pairs the units carry; one that several carry counts once. */
  countPairs(units: readonly number[]): number {
    return new Set(units.flatMap((unit) => this.units[unit]?.pairs ?? [])).size;
  }

  attempts(unit: number): number {
    return this.#failures.get(unit)?.attempts ?? 0;
  }

  succeed(unit: number): void {
    this.#settle(unit, 'done');
  }

  /** It stays undone, as a person decided. */
  dismiss(unit: number): void {
    this.#settle(unit, 'dismissed');
  }

  /** @param mark whether the unit is tried again by itself or waits for a person */
  fail(unit: number, mark: 'retrying' | 'parked', failure: Failure): void {
    const error = this.#errors.note(failure);
    // Deleted first, so that the failure that came last stands last, here and in what is carried.
    this.#failures.delete(unit);
    this.#failures.set(unit, { error, attempts: failure.attempts });
    this.lastError = this.#errors.read(error);
    this.#mark(unit, mark);
  }

  /** What was retried waits for a person instead; its error and its attempts stay. */
  park(unit: number): void {
    this.#mark(unit, 'parked');
  }

  /** Takes up what was parked; its error stays until it is mended, and its attempts count on. */
  retry(unit: number): void {
    this.#mark(unit, 'retrying');
  }

  /** How many pairs each distinct error holds up. */
  countErrors(into: Map<number, number>): void {
    const counted = new Set<string>();
    for (const [unit, { error }] of this.#failures) {
      for (const pair of this.units[unit]?.pairs ?? []) {
        if (counted.has(`${error} ${pair}`)) continue;
        counted.add(`${error} ${pair}`);
        into.set(error, (into.get(error) ?? 0) + 1);
      }
    }
  }

  *parked(pairs: readonly Pair[]): Generator<ParkedSideEffect> {
    const listed = new Set<number>();
    for (const [unit, { error, attempts }] of this.#failures) {
      if (this.#marks[unit] !== 'parked') continue;
      for (const pair of this.units[unit]?.pairs ?? []) {
        if (listed.has(pair)) continue;
        listed.add(pair);
        yield { ...(pairs[pair] as Pair), sideEffect: this.name, error: this.#errors.read(error), attempts };
      }
    }
  }

  carry(): CarriedMarks {
    return {
      marks: writeMarks(this.#marks),
      failures: [...this.#failures].map(([unit, { error, attempts }]) => [unit, error, attempts]),
    };
  }

  #settle(unit: number, mark: 'done' | 'dismissed'): void {
    this.#failures.delete(unit);
    if (this.#failures.size === 0) this.lastError = undefined;
    this.#mark(unit, mark);
  }

  #mark(unit: number, mark: Mark): void {
    for (const pair of this.units[unit]?.pairs ?? []) this.#counts[this.#worst(this.#unitsOfPair[pair])] -= 1;
    this.#marks[unit] = mark;
    for (const pair of this.units[unit]?.pairs ?? []) this.#counts[this.#worst(this.#unitsOfPair[pair])] += 1;
  }

  #worst(units: readonly number[] = []): Mark {
    return worstOf(units.map((unit) => this.#marks[unit] ?? 'pending'));
  }

  #lastOpenError(): FailureInfo | undefined {
    const last = [...this.#failures.values()].at(-1);
    return last && this.#errors.read(last.error);
  }
}
