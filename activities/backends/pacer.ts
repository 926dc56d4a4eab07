import { setTimeout as sleep } from 'node:timers/promises';
import { BackendError } from './backend.ts';

/** Who would wait longer than this for its turn is sent away: an activity has 30 s for all that it does. */
const LONGEST_WAIT_MS = 5_000;

/** Complaints within this time are about calls that were under way together, and count once. */
const ONE_COMPLAINT_MS = 1_000;

/** A slowed rate doubles again after each such time without a complaint. */
const RECOVERY_MS = 30_000;

const MOST_HALVINGS = 4;

/** When a call that was refused for the rate is best made again. */
const AFTER_COMPLAINT_MS = 5_000;

/**
 * Lets calls begin one after the other, so many a second, for all activities of the process. Own code,
 * because a wait has to end with a signal and be refused when it is too long, and the rate has to change.
 */
export class Pacer {
  readonly #rate: number;
  readonly #now: () => number;
  /** When the next call may begin. */
  #next = 0;
  #halvings = 0;
  #complainedAt = Number.NEGATIVE_INFINITY;

  /** @param now a monotonic clock, in ms */
  constructor(rate: number, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Calls a second, at this moment. */
  get rate(): number {
    return this.#rate / 2 ** this.#halvingsNow();
  }

  /**
   * Resolves when it is the caller's turn.
   *
   * @throws BackendError `Busy` at once, when that is too far off
   */
  async turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const now = this.#now();
    const mine = Math.max(this.#next, now);
    const wait = mine - now;
    if (wait > LONGEST_WAIT_MS) {
      // Not all at the same moment.
      const retryAfter = Math.ceil(wait * (1 + Math.random()));
      throw new BackendError('Busy', 'more messages wait here than TENCENT_RATE lets through', {
        retryAfter,
      });
    }
    this.#next = mine + 1000 / this.rate;
    if (wait > 0) await sleep(wait, undefined, { signal });
  }

  /** The vendor says that it is too fast: rests for a second and goes on at half the rate. Returns `retryAfter`. */
  slowDown(): number {
    const now = this.#now();
    if (now - this.#complainedAt >= ONE_COMPLAINT_MS) {
      this.#halvings = Math.min(this.#halvingsNow() + 1, MOST_HALVINGS);
      this.#complainedAt = now;
      this.#next = Math.max(this.#next, now + ONE_COMPLAINT_MS);
    }
    return AFTER_COMPLAINT_MS;
  }

  #halvingsNow(): number {
    const recovered = Math.floor((this.#now() - this.#complainedAt) / RECOVERY_MS);
    return Math.max(0, this.#halvings - recovered);
  }
}
