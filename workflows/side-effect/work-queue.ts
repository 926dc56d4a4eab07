/**
 * Runs `work` on the items that are added, in their order, and on at most `limit` of them at a time.
 * It waits with promises only: the SDK would evaluate one `condition()` per waiting item after every step.
 */
export class WorkQueue<T> {
  readonly #limit: number;
  readonly #work: (item: T) => Promise<void>;
  readonly #loops = new Set<Promise<void>>();
  /** How many loops still take items. A loop that has ended stays in `#loops` until its promise settles. */
  #openLoops = 0;
  #waiting: T[] = [];
  #next = 0;
  #failure: { reason: unknown } | undefined;

  constructor(limit: number, work: (item: T) => Promise<void>) {
    this.#limit = limit;
    this.#work = work;
  }

  add(...items: T[]): void {
    for (const item of items) this.#waiting.push(item);
    while (!this.#failure && this.#openLoops < this.#limit && this.#next < this.#waiting.length)
      this.#startLoop();
  }

  /** How many more items would start at once. A negative number says how many items wait. */
  get free(): number {
    return this.#limit - this.#openLoops - (this.#waiting.length - this.#next);
  }

  /** Whether an item is running or waiting. */
  get isBusy(): boolean {
    return this.#loops.size > 0;
  }

  /** Drops the items that have not started. */
  dropWaiting(): void {
    this.#waiting = [];
    this.#next = 0;
  }

  /**
   * Resolves when no item is running or waiting.
   *
   * @throws the first error that `work` threw
   */
  async idle(): Promise<void> {
    while (this.#loops.size > 0) await Promise.all(this.#loops);
    if (this.#failure) throw this.#failure.reason;
  }

  #startLoop(): void {
    this.#openLoops += 1;
    const loop = this.#workThroughItems().finally(() => this.#loops.delete(loop));
    this.#loops.add(loop);
  }

  async #workThroughItems(): Promise<void> {
    while (this.#next < this.#waiting.length && !this.#failure) {
      const item = this.#waiting[this.#next] as T;
      this.#next += 1;
      try {
        await this.#work(item);
      } catch (reason) {
        this.#failure ??= { reason };
      }
    }
    // No await between the check above and this line: an item added later must start a loop of its own.
    this.#openLoops -= 1;
  }
}
