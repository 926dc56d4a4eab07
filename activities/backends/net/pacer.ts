import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Lets calls begin one after another, at a rate that may differ from call to call. Own code, because p-throttle can
 * neither end the wait of one caller by a signal, nor tell how long the wait will be, nor change its rate.
 */
export class Pacer {
  readonly #now: () => number;
  /** When the next call may begin. */
  #next = 0;

  /** @param now a monotonic clock, in ms */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How long the next caller will wait for its turn, in ms. */
  get wait(): number {
    return Math.max(0, this.#next - this.#now());
  }

  /**
   * Resolves when it is the caller's turn.
   *
   * @param rate calls per second
   * @throws AbortError when `signal` aborts
   */
  async turn(rate: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { wait } = this;
    this.#next = this.#now() + wait + 1000 / rate;
    if (wait > 0) await sleep(wait, undefined, signal && { signal });
  }

  /** Nobody else gets a turn within the next `ms`. */
  pause(ms: number): void {
    this.#next = Math.max(this.#next, this.#now() + ms);
  }
}
