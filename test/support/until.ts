import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;
const LONGEST_POLL_MS = 250;

/**
 * Waits until `probe` gives something true, and returns it. Fails with what it waited for. Longer waits poll less often,
 * because each probe costs processor time, and some probes start a process. This makes a wait at most 5 % longer.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T> | T,
  timeout = 20_000,
): Promise<Exclude<T, false | null | undefined>> {
  const begun = Date.now();
  const deadline = begun + timeout;
  for (;;) {
    const value = await probe();
    if (value) return value as Exclude<T, false | null | undefined>;
    if (Date.now() > deadline) throw new Error(`not within ${timeout} ms: ${what}`);
    await delay(Math.min(LONGEST_POLL_MS, Math.max(POLL_MS, (Date.now() - begun) / 20)));
  }
}
