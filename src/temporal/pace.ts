import { setTimeout as delay } from 'node:timers/promises';

/** Lets callers go on one after the other, so many a second; all at once without a rate. */
export function createPace(rate: number | undefined): () => Promise<void> {
  let next = performance.now();
  return async () => {
    if (rate === undefined) return;
    const now = performance.now();
    const mine = Math.max(next, now);
    next = mine + 1000 / rate;
    if (mine > now) await delay(mine - now);
  };
}
