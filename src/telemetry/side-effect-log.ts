import type { Logger } from './logger.ts';

/** While a side effect goes on failing, one line per this time says how often, in ms. */
const SUMMARY_EVERY_MS = 10_000;

/** How many failures are remembered, so that the log does not repeat them. One takes about 100 bytes. */
const MAX_REMEMBERED = 20_000;

/** One attempt of a side effect that has ended. */
export type LoggedAttempt = {
  deliveryId: string;
  sideEffect: string;
  pairs: number;
  attempt: number;
  ms: number;
  /** How many pairs have which outcome: `{ deleted: 2, absent: 1 }`. */
  outcome: Record<string, number>;
  /** Absent when every pair is done, or when the attempt was cancelled. `err`: what was thrown, if only its stack explains it. */
  failure?: { type: string; reason: string; err?: unknown };
};

type Repeats = { tries: number; last: LoggedAttempt };

/**
 * Writes the attempts of side effects so that an outage does not flood the log. A failure of a delivery's side effect
 * is a warning once per failure type. Its repeats are summed up over all deliveries. At level debug each attempt has a line.
 */
export class SideEffectLog {
  readonly #logger: Logger;
  /** The failures that have a line, the oldest first: delivery, side effect and failure type. */
  readonly #written = new Set<string>();
  /** The repeats since the last summary, by side effect and failure type. */
  readonly #repeats = new Map<string, Repeats>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  attemptEnded(attempt: LoggedAttempt): void {
    const { failure, ...done } = attempt;
    if (!failure) {
      this.#logger.debug(done, 'attempt done');
      return;
    }
    const { type, reason } = failure;
    this.#logger.debug({ ...done, type, reason }, 'attempt failed');
    const key = JSON.stringify([attempt.deliveryId, attempt.sideEffect, type]);
    if (this.#isNew(key, attempt)) this.#writeFirst(key, attempt);
    else this.#sumUp(attempt, type);
  }

  /** With a full memory a retry counts as a repeat, because its first attempt probably has a line. */
  #isNew(key: string, { attempt }: LoggedAttempt): boolean {
    return !this.#written.has(key) && (attempt === 1 || this.#written.size < MAX_REMEMBERED);
  }

  #writeFirst(key: string, { failure, attempt: _, outcome: __, ...about }: LoggedAttempt): void {
    const [oldest] = this.#written;
    if (this.#written.size >= MAX_REMEMBERED && oldest !== undefined) this.#written.delete(oldest);
    this.#written.add(key);
    this.#logger.warn({ ...about, ...failure }, 'side effect failed');
  }

  #sumUp(attempt: LoggedAttempt, type: string): void {
    const key = JSON.stringify([attempt.sideEffect, type]);
    const repeats = this.#repeats.get(key);
    if (repeats) {
      repeats.tries += 1;
      repeats.last = attempt;
      return;
    }
    this.#repeats.set(key, { tries: 1, last: attempt });
    // unref: a process that stops does not wait for a summary.
    setTimeout(() => this.#writeSummary(key), SUMMARY_EVERY_MS).unref();
  }

  #writeSummary(key: string): void {
    const repeats = this.#repeats.get(key);
    if (!repeats) return;
    this.#repeats.delete(key);
    const { tries, last } = repeats;
    const { type, reason } = last.failure ?? {};
    const about = { sideEffect: last.sideEffect, tries, seconds: SUMMARY_EVERY_MS / 1_000, type, reason };
    this.#logger.warn(about, 'side effect still fails');
  }
}
