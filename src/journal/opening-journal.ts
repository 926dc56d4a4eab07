import { JournalLockedError, lockJournal } from './folder/lock.ts';
import { Journal, type JournalOptions } from './journal.ts';

/** How far a receiver's journal is. */
export type JournalPhase =
  | { kind: 'opening' }
  | { kind: 'open'; journal: Journal }
  /** The journal can't be opened. The receiver runs without it, because a refused callback is lost. */
  | { kind: 'fault'; reason: string };

/**
 * Opens a journal in the background, because callbacks come meanwhile. The check of a large journal takes seconds,
 * and the recovery of a damaged one takes longer.
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

  /** Ends a check or recovery that is under way. The next process finds the journal as it was. */
  async breakOff(): Promise<void> {
    this.#stopping.abort(new Error('the receiver stops'));
    await this.settled;
  }

  /** To be called once `settled` has resolved. */
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
      // An empty journal is no news. Pending deliveries are: an earlier process left them.
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

/** Throws only if another process has the lock. After any other error the receiver starts without a journal. */
function lockOrReason(dir: string): (() => void) | Error {
  try {
    return lockJournal(dir);
  } catch (error) {
    if (error instanceof JournalLockedError || !(error instanceof Error)) throw error;
    return error;
  }
}
