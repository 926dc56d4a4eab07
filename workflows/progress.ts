import type {
  CarriedMarks,
  CarriedState,
  DeliveryStatus,
  FailureInfo,
  FriendDeletedInput,
  Pair,
  ParkedSideEffect,
  Progress,
  SideEffectProgress,
} from './contract.ts';
import { describePairs, MAX_PARKED_LISTED } from './contract.ts';
import { planUnits, type Unit } from './units.ts';

/** Worst last: a pair carried by several units counts as its worst one. */
const MARKS = ['done', 'dismissed', 'pending', 'retrying', 'parked'] as const;
export type Mark = (typeof MARKS)[number];

/** How a mark is written when it is carried over to the next run. */
const LETTERS: Record<Mark, string> = { done: 'd', dismissed: 'x', pending: '.', retrying: 'r', parked: 'p' };

/** Failures of more kinds than these are counted under {@link OTHER_FAILURE}: bounds the carried state. */
const MAX_DISTINCT_ERRORS = 100;
const MAX_MESSAGE_LENGTH = 300;
const OTHER_FAILURE: FailureInfo = {
  type: 'Other',
  message: 'further kinds of failures: see the activities',
};

/** A failed try of a unit. `attempts` counts all tries so far. */
export type Failure = FailureInfo & { attempts: number };

/** Distinct errors of a delivery; a failed unit refers to one by its position. */
class ErrorBook {
  readonly errors: FailureInfo[];

  constructor(errors: FailureInfo[] = []) {
    this.errors = [...errors];
  }

  note({ type, message }: FailureInfo): number {
    const error = { type, message: message.slice(0, MAX_MESSAGE_LENGTH) };
    const known = this.errors.findIndex(
      (other) => other.type === error.type && other.message === error.message,
    );
    if (known >= 0) return known;
    if (this.errors.length < MAX_DISTINCT_ERRORS) return this.errors.push(error) - 1;
    if (this.errors.length === MAX_DISTINCT_ERRORS) this.errors.push(OTHER_FAILURE);
    return MAX_DISTINCT_ERRORS;
  }

  read(index: number): FailureInfo {
    return this.errors[index] ?? OTHER_FAILURE;
  }
}

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
    this.#marks = plan.units.map((_, unit) => readLetter(carried?.marks[unit]));
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

  attempts(unit: number): number {
    return this.#failures.get(unit)?.attempts ?? 0;
  }

  succeed(unit: number): void {
    this.#failures.delete(unit);
    if (this.#failures.size === 0) this.lastError = undefined;
    this.#mark(unit, 'done');
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
      marks: this.#marks.map((mark) => LETTERS[mark]).join(''),
      failures: [...this.#failures].map(([unit, { error, attempts }]) => [unit, error, attempts]),
    };
  }

  #mark(unit: number, mark: Mark): void {
    for (const pair of this.units[unit]?.pairs ?? []) this.#counts[this.#worst(this.#unitsOfPair[pair])] -= 1;
    this.#marks[unit] = mark;
    for (const pair of this.units[unit]?.pairs ?? []) this.#counts[this.#worst(this.#unitsOfPair[pair])] += 1;
  }

  #worst(units: readonly number[] = []): Mark {
    const ranks = units.map((unit) => MARKS.indexOf(this.#marks[unit] ?? 'pending'));
    return MARKS[Math.max(0, ...ranks)] ?? 'pending';
  }

  #lastOpenError(): FailureInfo | undefined {
    const last = [...this.#failures.values()].at(-1);
    return last && this.#errors.read(last.error);
  }
}

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

  /** The query's answer. */
  snapshot(): Progress {
    const counts = Object.fromEntries(this.sideEffects.map(({ name, counts }) => [name, counts]));
    return {
      deliveryId: this.#input.delivery.deliveryId,
      status: this.status,
      pairs: this.#input.pairs.length,
      sideEffects: counts,
      parked: this.#firstParked(),
      parkedTotal: Object.values(counts).reduce((sum, { parked }) => sum + parked, 0),
      errors: this.#countedErrors(),
    };
  }

  /** For people, in Markdown; shown by the Temporal UI. */
  table(): string {
    const rows = this.sideEffects.map(({ name, counts, lastError }) => {
      const error = lastError ? escapeMarkdown(`${lastError.type}: ${lastError.message}`) : '';
      return tableRow([name, `${counts.done} of ${counts.total}`, counts.retrying, counts.parked, error]);
    });
    // The static summary does not outlive a continue-as-new, so it is said here too.
    return [
      `**${this.status}**: ${escapeMarkdown(describePairs(this.#input.pairs))}`,
      '',
      tableRow(['side effect', 'done', 'retrying', 'parked', 'last error']),
      '| --- | --- | --- | --- | --- |',
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

  #countedErrors(): Progress['errors'] {
    const counted = new Map<number, number>();
    for (const sideEffect of this.sideEffects) sideEffect.countErrors(counted);
    return [...counted].map(([error, count]) => ({ ...this.#errors.read(error), count }));
  }
}

function readLetter(letter: string | undefined): Mark {
  return MARKS.find((mark) => LETTERS[mark] === letter) ?? 'pending';
}

/** The UI sets cells without space between them, so each ends with two that don't collapse. */
function tableRow(cells: (string | number)[]): string {
  return `| ${cells.map((cell) => `${cell}\u00a0\u00a0`).join(' | ')} |`;
}

/** Accounts and messages are data: none may end a cell, or become a link or an image. */
function escapeMarkdown(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\|`*_[\]<>#~]/g, '\\$&');
}
