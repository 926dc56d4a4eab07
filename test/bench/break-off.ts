import { setTimeout as delay } from 'node:timers/promises';

/** Rejects when somebody wants the run to end. */
export function interrupted(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new Error(`${signal}: nothing was written`)));
    }
  });
}

/** Rejects after so many seconds. */
export async function overdue(seconds: number): Promise<never> {
  await delay(seconds * 1_000, undefined, { ref: false });
  throw new Error(`not done after ${seconds} s: nothing was written`);
}
