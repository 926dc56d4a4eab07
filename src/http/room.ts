/** A share of a {@link Room}, or a place in the queue for one. */
export type Share = {
  readonly isGranted: boolean;
  /** Gives the bytes back, or the place in the queue. */
  release(): void;
};

type Waiting = { bytes: number; isGranted: boolean; granted: () => void };

/** Bounds how many bytes are read at the same time. Requests beyond that wait in the order in which they came. */
export class Room {
  #free: number;
  readonly #queue = new Set<Waiting>();

  constructor(bytes: number) {
    this.#free = bytes;
  }

  /**
   * Asks for `bytes`, at most as many as the room has in all.
   *
   * @param granted called once the bytes are free. It is not called if they are free at once: the share says so then
   */
  ask(bytes: number, granted: () => void): Share {
    const waiting: Waiting = { bytes, isGranted: false, granted };
    if (this.#queue.size === 0 && bytes <= this.#free) this.#grant(waiting);
    else this.#queue.add(waiting);
    return {
      get isGranted() {
        return waiting.isGranted;
      },
      release: () => this.#release(waiting),
    };
  }

  #grant(waiting: Waiting): void {
    waiting.isGranted = true;
    this.#free -= waiting.bytes;
  }

  #release(waiting: Waiting): void {
    this.#queue.delete(waiting);
    if (waiting.isGranted) this.#free += waiting.bytes;
    waiting.bytes = 0;
    for (const next of this.#queue) {
      if (next.bytes > this.#free) return;
      this.#queue.delete(next);
      this.#grant(next);
      next.granted();
    }
  }
}
