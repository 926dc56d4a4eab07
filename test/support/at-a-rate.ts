import { setTimeout as delay, setImmediate as yieldToOthers } from 'node:timers/promises';

/**
 * Begins `act` so often per second, however long each one takes, and returns once all have ended. What is late is begun at
 * once, so that the rate holds on average.
 *
 * @param isDone asked before each, with how many have begun
 * @param act gets the moment at which it was due, on the clock of `performance.now()`
 */
export async function atARate(
  {
    rate,
    isDone,
    startedAt = performance.now(),
  }: { rate: number; isDone: (begun: number) => boolean; startedAt?: number },
  act: (dueAt: number, index: number) => Promise<void>,
): Promise<void> {
  const acts: Promise<void>[] = [];
  for (let begun = 0; !isDone(begun); begun += 1) {
    const dueAt = startedAt + (begun * 1_000) / rate;
    // A timer may be a millisecond late, so several can be due at once. Answers are read in between all the same.
    if (performance.now() >= dueAt) await yieldToOthers();
    // It may also be a fraction of a millisecond early, and a time from `dueAt` would then be too short.
    while (performance.now() < dueAt) await delay(dueAt - performance.now());
    acts.push(act(dueAt, begun));
  }
  await Promise.all(acts);
}
