/** How often the event loop is looked at, in ms. */
const LOOK_MS = 100;

/** Pressure is high if the event loop is busy for at least BUSY of the time, and a commit held at least MANY deliveries. */
const BUSY = 0.5;
const MANY = 8;

/** How long pressure counts as high after it was last seen, in ms. */
const HOLD_MS = 500;

/**
 * Whether callbacks come about as fast as this machine can answer them: many share a commit, and the process is
 * busy. A slow disk alone is no pressure. Neither is a process that is busy with something else.
 */
export class Pressure {
  readonly #clock: () => number;
  #from = performance.eventLoopUtilization();
  #lookedAt: number;
  #most = 0;
  #highUntil = Number.NEGATIVE_INFINITY;

  /** @param clock monotonic, in ms */
  constructor(clock = () => performance.now()) {
    this.#clock = clock;
    this.#lookedAt = clock();
  }

  /** To be called after every commit. */
  note(deliveries: number): void {
    this.#most = Math.max(this.#most, deliveries);
    const now = this.#clock();
    if (now - this.#lookedAt < LOOK_MS) return;
    const { utilization } = performance.eventLoopUtilization(this.#from);
    if (utilization >= BUSY && this.#most >= MANY) this.#highUntil = now + HOLD_MS;
    this.#from = performance.eventLoopUtilization();
    this.#lookedAt = now;
    this.#most = 0;
  }

  get isHigh(): boolean {
    return this.#clock() < this.#highUntil;
  }
}
