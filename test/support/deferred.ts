/** A promise that the test settles. */
export type Deferred<T> = Promise<T> & { resolve(value: T): void; reject(reason: unknown): void };

export function deferred<T = void>(): Deferred<T> {
  let settle: Pick<Deferred<T>, 'resolve' | 'reject'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return Object.assign(promise, settle as Pick<Deferred<T>, 'resolve' | 'reject'>);
}

/** Lets everything happen that waits for nothing but promises. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
