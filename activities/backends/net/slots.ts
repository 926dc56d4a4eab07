import { abortable } from './abortable.ts';
import { withDeadline } from './deadline.ts';

/** Bounds how many calls run at once, over all activities of the process. The others wait for their turn, in order. */
export class Slots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /**
   * Waits up to `longest` ms for a slot.
   *
   * @returns a function that releases the slot
   * @throws `TimeoutError`, or the signal's reason
   */
  async acquire(longest: number, signal: AbortSignal): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await withDeadline(longest, signal, (signal) => this.#turn(signal));
    return () => this.#release();
  }

  async #turn(signal: AbortSignal): Promise<void> {
    let begin = () => {};
    const turn = new Promise<void>((resolve) => {
      begin = resolve;
    });
    this.#waiting.add(begin);
    try {
      await abortable(turn, signal);
    } catch (error) {
      // It is not waiting any more: its turn came at the same moment as the abort.
      if (!this.#waiting.delete(begin)) this.#release();
      throw error;
    }
  }

  #release(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
