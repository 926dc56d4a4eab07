import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;

/** Waits until `probe` gives something true, and returns it. Fails with what it waited for. */
export async function until<T>(
  what: string,
  probe: () => Promise<T> | T,
  timeout = 20_000,
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = Date.now() + timeout;
  for (;;) {
    const value = await probe();
    if (value) return value as Exclude<T, false | null | undefined>;
    if (Date.now() > deadline) throw new Error(`not within ${timeout} ms: ${what}`);
    await delay(POLL_MS);
  }
}
