/**
 * Runs `work` on what is added, in the order added, at most `limit` at a time.
 * Waits on promises alone: a `condition()` for each waiting item would be evaluated on every step.
 */
export class Lanes<T> {
  readonly #limit: number;
  readonly #work: (item: T) => Promise<void>;
  readonly #running = new Set<Promise<void>>();
  /** Lanes that still look for items. A lane stays in `#running` a moment longer, until its promise settles. */
  #open = 0;
  #waiting: T[] = [];
  #next = 0;
  #failure: { reason: unknown } | undefined;

  constructor(limit: number, work: (item: T) => Promise<void>) {
    this.#limit = limit;
    this.#work = work;
  }

  add(...items: T[]): void {
    for (const item of items) this.#waiting.push(item);
    while (!this.#failure && this.#open < this.#limit && this.#next < this.#waiting.length) this.#start();
  }

  /** How many more items would start at once. */
  get free(): number {
    return this.#limit - this.#open - (this.#waiting.length - this.#next);
  }

  /** Whether anything runs or waits. */
  get busy(): boolean {
    return this.#running.size > 0;
  }

  /** Starts nothing any more that has not been started. */
  stop(): void {
    this.#waiting = [];
    this.#next = 0;
  }

  /** Returns when nothing runs and nothing waits; throws the first error that `work` threw. */
  async drained(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
    if (this.#failure) throw this.#failure.reason;
  }

  #start(): void {
    this.#open += 1;
    const lane = this.#runLane().finally(() => this.#running.delete(lane));
    this.#running.add(lane);
  }

  async #runLane(): Promise<void> {
    while (this.#next < this.#waiting.length && !this.#failure) {
      const item = this.#waiting[this.#next] as T;
      this.#next += 1;
      try {
        await this.#work(item);
      } catch (reason) {
        this.#failure ??= { reason };
      }
    }
    // In the same step as the last look at what waits: an item added after it must open a lane of its own.
    this.#open -= 1;
  }
}
