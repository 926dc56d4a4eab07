import { JournalLockedError, lockJournal } from './folder/lock.ts';
import { Journal, type JournalOptions } from './journal.ts';

/** How far a receiver's journal is. */
export type JournalPhase =
  | { kind: 'opening' }
  | { kind: 'open'; journal: Journal }
  /** It can't be opened. A receiver without a journal is still better than none: a refusal is a loss. */
  | { kind: 'fault'; reason: string };

/**
 * Opens a journal in the background: a large one is checked for seconds, a damaged one recovered for longer, and
 * callbacks come meanwhile.
 */
export class OpeningJournal {
  /** Resolves when the journal is open, or can't be opened; never rejects. */
  readonly settled: Promise<void>;
  readonly #stopping = new AbortController();
  readonly #startedAt = performance.now();
  #phase: JournalPhase = { kind: 'opening' };

  /** @throws JournalLockedError when another process has the journal */
  constructor(options: Omit<JournalOptions, 'signal'>) {
    this.settled = this.#open({ ...options, signal: this.#stopping.signal }, lockOrReason(options.dir));
  }

  get phase(): JournalPhase {
    return this.#phase;
  }

  /** Does not wait for a long check or recovery: the next process finds the journal as it was. */
  async breakOff(): Promise<void> {
    this.#stopping.abort(new Error('the receiver stops'));
    await this.settled;
  }

  /** Once it is settled. */
  async close(): Promise<void> {
    if (this.#phase.kind === 'open') await this.#phase.journal.close();
  }

  async #open(options: JournalOptions, lock: (() => void) | Error): Promise<void> {
    const { dir, logger } = options;
    try {
      if (lock instanceof Error) throw lock;
      const journal = await Journal.open(options, lock);
      this.#phase = { kind: 'open', journal };
      const { pendingCount: pending } = journal.store;
      const ms = Math.round(performance.now() - this.#startedAt);
      // An empty journal is no news. One with deliveries says what an earlier process left.
      logger[pending > 0 ? 'info' : 'debug']({ pending, ms }, 'journal open');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#phase = { kind: 'fault', reason };
      if (this.#stopping.signal.aborted)
        logger.info({ dir }, 'the journal was not opened: the receiver stops');
      else logger.error({ dir, reason }, 'no journal: workflows are started before the answer');
    }
  }
}

/** Only a lock that another process has is a reason not to start. */
function lockOrReason(dir: string): (() => void) | Error {
  try {
    return lockJournal(dir);
  } catch (error) {
    if (error instanceof JournalLockedError || !(error instanceof Error)) throw error;
    return error;
  }
}
