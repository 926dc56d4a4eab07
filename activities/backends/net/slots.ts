import { abortable } from './abortable.ts';
import { withDeadline } from './deadline.ts';

/** `of`: whose call it is, such as a delivery's id. `longest`: how long it may wait, in ms. */
type SlotRequest = { of: string; longest: number; signal: AbortSignal };

/**
 * Bounds how many calls run at once, over all activities of the process. The deliveries that wait take turns, so one
 * with thousands of calls does not hold up a small one. The calls of one delivery have their turns in order.
 */
export class Slots {
  #free: number;
  /** By delivery: the one whose turn is next comes first. None of them is empty. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /**
   * Waits for a slot.
   *
   * @returns a function that releases the slot
   * @throws `TimeoutError`, or the signal's reason
   */
  async acquire({ of, longest, signal }: SlotRequest): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await withDeadline(longest, signal, (signal) => this.#turn(of, signal));
    return () => this.#release();
  }

  async #turn(of: string, signal: AbortSignal): Promise<void> {
    let begin = () => {};
    const turn = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const queue = this.#waiting.get(of) ?? new Set();
    this.#waiting.set(of, queue.add(begin));
    try {
      await abortable(turn, signal);
    } catch (error) {
      // It is not waiting any more: its turn came at the same moment as the abort.
      if (!this.#leave(of, begin)) this.#release();
      throw error;
    }
  }

  #release(): void {
    const [first] = this.#waiting;
    if (!first) {
      this.#free += 1;
      return;
    }
    const [of, queue] = first;
    const [next] = queue;
    if (!next) throw new TypeError('nobody waits in this queue');
    this.#waiting.delete(of);
    if (queue.size > 1) this.#waiting.set(of, queue);
    queue.delete(next);
    next();
  }

  /** @returns whether it was waiting */
  #leave(of: string, begin: () => void): boolean {
    const queue = this.#waiting.get(of);
    const wasWaiting = queue?.delete(begin) ?? false;
    if (queue?.size === 0) this.#waiting.delete(of);
    return wasWaiting;
  }
}
