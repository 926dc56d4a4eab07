import { BackendError } from '../backend.ts';
import { Pacer } from '../net/pacer.ts';

/** A caller that would wait longer than this for its turn is refused: an activity has 30 s for everything. */
const LONGEST_WAIT_MS = 5_000;

/** Complaints within this time are about calls that were running together, so they count as one. */
const ONE_COMPLAINT_MS = 1_000;

/** A lowered rate doubles again after each such time without a complaint. */
const RECOVERY_MS = 30_000;

const MOST_HALVINGS = 4;

/** When to make a call again that the vendor refused because of the rate. */
const AFTER_COMPLAINT_MS = 5_000;

/** The rate of calls to the vendor of all activities in this process. It falls when the vendor complains, and recovers by itself. */
export class MessageRate {
  readonly #fullRate: number;
  readonly #now: () => number;
  readonly #pacer: Pacer;
  #halvings = 0;
  #complainedAt = Number.NEGATIVE_INFINITY;

  /**
   * @param fullRate calls per second
   * @param now a monotonic clock, in ms
   */
  constructor(fullRate: number, now: () => number = () => performance.now()) {
    this.#fullRate = fullRate;
    this.#now = now;
    this.#pacer = new Pacer(now);
  }

  /** Calls per second at this moment. */
  get rate(): number {
    return this.#fullRate / 2 ** this.#halvingsNow();
  }

  /**
   * Resolves when it is the caller's turn.
   *
   * @throws BackendError `Busy`, at once, when the wait would be too long
   */
  async turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { wait } = this.#pacer;
    if (wait > LONGEST_WAIT_MS) {
      // Random, so that refused callers do not all come back at the same moment.
      const retryAfter = Math.ceil(wait * (1 + Math.random()));
      throw new BackendError('Busy', 'more calls wait here than TENCENT_RATE lets through', {
        retryAfter,
      });
    }
    await this.#pacer.turn(this.rate, signal);
  }

  /**
   * The vendor says that the calls come too fast: pauses for a second, and continues at half the rate.
   *
   * @returns when to make the refused call again, in ms from now
   */
  slowDown(): number {
    const now = this.#now();
    if (now - this.#complainedAt >= ONE_COMPLAINT_MS) {
      this.#halvings = Math.min(this.#halvingsNow() + 1, MOST_HALVINGS);
      this.#complainedAt = now;
      this.#pacer.pause(ONE_COMPLAINT_MS);
    }
    return AFTER_COMPLAINT_MS;
  }

  #halvingsNow(): number {
    const recovered = Math.floor((this.#now() - this.#complainedAt) / RECOVERY_MS);
    return Math.max(0, this.#halvings - recovered);
  }
}
