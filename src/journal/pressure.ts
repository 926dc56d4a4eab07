/** How often the event loop is looked at, in ms. */
const LOOK_MS = 100;

/** So much of the time the event loop was busy, and so many deliveries shared a commit: that is pressure. */
const BUSY = 0.5;
const MANY = 8;

/** Pressure that is not seen again for so long is over, in ms. */
const HOLD_MS = 500;

/**
 * Whether callbacks come about as fast as this machine can answer them: many at once, and the process busy. A slow
 * disk alone is no pressure, nor is a process that is busy with anything else.
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

  /** To be told of every commit. */
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
