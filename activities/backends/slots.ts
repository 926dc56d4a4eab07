import { abortable } from './abortable.ts';
import { withDeadline } from './deadline.ts';

/** Lets so many calls go on at once, for all activities of the process; the others wait for their turn, in order. */
export class Slots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /**
   * Waits up to `longest` ms for a slot, and holds it until it is given back.
   *
   * @returns gives it back
   * @throws `TimeoutError`, or the signal's reason
   */
  async take(longest: number, signal: AbortSignal): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await withDeadline(longest, signal, (signal) => this.#turn(signal));
    return () => this.#giveBack();
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
      // Its turn may have come in the same moment.
      if (!this.#waiting.delete(begin)) this.#giveBack();
      throw error;
    }
  }

  #giveBack(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
