/**
 * Runs `work` on the items that are added, in their order, and on at most `limit` of them at a time.
 *
 * It makes few promises, because the SDK takes a stack trace for each. It uses no `condition()`, because the SDK would
 * evaluate every waiting condition after every step.
 */
export class WorkQueue<T> {
  readonly #limit: number;
  readonly #work: (item: T) => Promise<void>;
  #running = 0;
  #waiting: T[] = [];
  #next = 0;
  #failure: { reason: unknown } | undefined;
  #idle: { promise: Promise<void>; resolve(): void; reject(reason: unknown): void } | undefined;

  /** @param work never throws: it rejects */
  constructor(limit: number, work: (item: T) => Promise<void>) {
    this.#limit = limit;
    this.#work = work;
  }

  add(...items: T[]): void {
    for (const item of items) this.#waiting.push(item);
    this.#startNext();
  }

  /** How many more items would start at once. A negative number says how many items wait. */
  get free(): number {
    return this.#limit - this.#running - (this.#waiting.length - this.#next);
  }

  /** Whether an item is running or waiting. */
  get isBusy(): boolean {
    return this.#running > 0;
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
  idle(): Promise<void> {
    if (!this.isBusy) return this.#failure ? Promise.reject(this.#failure.reason) : Promise.resolve();
    this.#idle ??= promiseWithResolvers();
    return this.#idle.promise;
  }

  #startNext(): void {
    while (!this.#failure && this.#running < this.#limit && this.#next < this.#waiting.length) {
      const item = this.#waiting[this.#next] as T;
      this.#next += 1;
      this.#running += 1;
      this.#work(item).then(
        () => this.#end(),
        (reason: unknown) => {
          this.#failure ??= { reason };
          this.#end();
        },
      );
    }
  }

  #end(): void {
    this.#running -= 1;
    this.#startNext();
    if (this.isBusy) return;
    if (this.#failure) this.#idle?.reject(this.#failure.reason);
    else this.#idle?.resolve();
    this.#idle = undefined;
  }
}

/** `Promise.withResolvers`, which Node.js 20 lacks. */
function promiseWithResolvers() {
  let resolve: () => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<void>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise;
    reject = rejectPromise;
  });
  return { promise, resolve, reject };
}
