import { hasRequestId } from '../callback/delivery-id.ts';
import { inTime } from '../in-time.ts';
import type { RawCallback } from '../journal/record.ts';
import type { DirectIntake } from './direct-intake.ts';
import { type Intake, MAX_ACCEPT_MS, NotDurableError, type Receipt, type TracedCallback } from './intake.ts';

/**
 * A callback without a RequestId waits this long for the journal, in ms, because the journal may know equal bytes. With a
 * RequestId the workflow id shows whether it is a duplicate.
 */
const REMEMBERING_MS = 500;

/** Refused callbacks that are held in memory for the quarantine. */
const MAX_HELD = 100;

export type OpeningIntakeOptions = {
  /** Takes callbacks while the journal is being opened, and also later if it can't be opened. */
  direct: DirectIntake;
  /** Resolves with the intake of the journal once it is open, or with undefined if it can't be opened. Never rejects. */
  journaled: Promise<Intake | undefined>;
};

/**
 * While the journal is being opened, a callback's workflow is started before the answer. Where that fails, the
 * journal gets it if it opens in time.
 */
export class OpeningIntake implements Intake {
  readonly #direct: DirectIntake;
  readonly #settled: Promise<void>;
  /** The intake to use from then on. Undefined: the journal is still being opened. */
  #intake: Intake | undefined;
  #held = 0;

  constructor({ direct, journaled }: OpeningIntakeOptions) {
    this.#direct = direct;
    this.#settled = journaled.then((intake) => {
      this.#intake = intake ?? direct;
    });
  }

  // Not async, for speed: one more promise would cost time for every callback.
  accept(callback: TracedCallback): Promise<Receipt> {
    return this.#intake ? this.#intake.accept(callback) : this.#acceptMeanwhile(callback);
  }

  async #acceptMeanwhile(callback: TracedCallback): Promise<Receipt> {
    const startedAt = performance.now();
    const left = () => Math.max(0, MAX_ACCEPT_MS - (performance.now() - startedAt));
    if (!hasRequestId(callback.key)) await this.#settledWithin(REMEMBERING_MS);
    if (this.#intake && this.#intake !== this.#direct) return this.#intake.accept(callback);
    try {
      return await this.#direct.accept(callback, left());
    } catch (error) {
      if (!(error instanceof NotDurableError)) throw error;
      await this.#settledWithin(left());
      if (!this.#intake || this.#intake === this.#direct) throw error;
      return this.#intake.accept(callback);
    }
  }

  /** The answer waits for the quarantine no longer than for anything else. The callback goes there once it is open. */
  async keepRefused(raw: RawCallback, reason: string): Promise<void> {
    if (this.#intake || this.#held >= MAX_HELD)
      return (this.#intake ?? this.#direct).keepRefused(raw, reason);
    this.#held += 1;
    const kept = this.#settled.then(() => (this.#intake ?? this.#direct).keepRefused(raw, reason));
    await inTime(kept, MAX_ACCEPT_MS, 'later').catch(() => undefined);
  }

  /** Waits until it is known whether there is a journal, for up to `ms`. */
  async #settledWithin(ms: number): Promise<void> {
    await inTime(this.#settled, ms, 'not yet').catch(() => undefined);
  }
}
