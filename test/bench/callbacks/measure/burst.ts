import { setTimeout as delay } from 'node:timers/promises';
import { type Callback, freshCallbacks } from '../callback.ts';
import type { Running } from '../contenders/contender.ts';
import { type Sent, sendBurst } from '../load/send.ts';
import type { Burst } from '../results.ts';
import type { Effects } from '../stage/effects.ts';
import { type DatabaseUse, databaseUse } from './database.ts';
import type { ProcessorTimes } from './processor-times.ts';

/** A first burst has so many callbacks, or fewer of many pairs. */
const FIRST = 20;
const WARM_UPS = 2;
/** Fewer would not keep all processes busy: a single workflow waits for its own lock. */
const FEWEST = 4;
const MOST = 5_000;
/** More keys and documents would take longer to prepare than to remove. */
const MOST_PAIRS = 20_000;
/** A burst this much shorter than wanted is done again with more callbacks. */
const LONG_ENOUGH = 0.5;
/** By how much bursts grow at most: the first ones are slow. */
const GROWTH = 15;
/** The obvious design may take minutes for a thousand pairs where others are at work. */
const PATIENCE_MS = 600_000;
/** Each look costs the contender's database a query. */
const LOOK_EVERY_MS = 200;

export type Subject = {
  running: Running;
  effects: Effects;
  processorTimes: ProcessorTimes;
  /** Whether the contender has no side effects to check. */
  isBare: boolean;
};

/** Until the code of every process is compiled, and its connections are there. */
export async function warmUp(subject: Subject): Promise<void> {
  for (let burst = 0; burst < WARM_UPS; burst += 1) await oneBurst(subject, freshCallbacks(FIRST, 1));
}

/** Sends bursts that grow until one takes about `seconds`, which is the one that counts. */
export async function measureBurst(
  subject: Subject,
  { pairs, seconds }: { pairs: number; seconds: number },
): Promise<{ burst: Burst; callbacks: Callback[]; faults: string[] }> {
  const most = Math.max(FEWEST, Math.min(MOST, Math.floor(MOST_PAIRS / pairs)));
  let count = Math.max(FEWEST, Math.round(FIRST / Math.ceil(pairs / 10)));
  for (;;) {
    const callbacks = freshCallbacks(count, pairs);
    const { burst, faults } = await oneBurst(subject, callbacks);
    if (burst.seconds >= seconds * LONG_ENOUGH || count >= most || faults.length > 0) {
      return { burst, callbacks, faults };
    }
    const wanted = Math.round(count * Math.min(GROWTH, seconds / burst.seconds));
    count = Math.min(most, Math.max(count + 1, wanted));
  }
}

async function oneBurst(
  subject: Subject,
  callbacks: Callback[],
): Promise<{ burst: Burst; faults: string[] }> {
  const { running, processorTimes } = subject;
  await prepare(subject, callbacks);
  const before = await running.countFinished();
  const [times, use] = [processorTimes.read(), await databaseUse(running.databaseUrl)];
  const { sent, finished } = await untilDone(running, { callbacks, before, send: sendBurst });
  const cpu = processorTimes.perCallback(times, callbacks.length);
  const database = perCallback(use, await databaseUse(running.databaseUrl), callbacks.length);
  const startedAt = Math.min(...[...sent.values()].map(({ sentAt }) => sentAt));
  const seconds = (Math.max(...finished.values()) - startedAt) / 1_000;
  return {
    burst: {
      callbacks: callbacks.length,
      seconds,
      finishedPerSecond: callbacks.length / seconds,
      cpu,
      ...(database && { database }),
    },
    faults: await faultsOf(subject, callbacks),
  };
}

export async function prepare({ effects, isBare }: Subject, callbacks: readonly Callback[]): Promise<void> {
  if (!isBare) await effects.fill(callbacks.flatMap(({ pairs }) => pairs));
}

export async function faultsOf(
  { effects, isBare }: Subject,
  callbacks: readonly Callback[],
): Promise<string[]> {
  return isBare ? [] : effects.faults(callbacks.flatMap(({ pairs }) => pairs));
}

/** @throws when they are not all done in time */
export async function untilDone(
  running: Running,
  {
    callbacks,
    before,
    send,
  }: {
    callbacks: readonly Callback[];
    before: number;
    send: (url: string, callbacks: readonly Callback[]) => Promise<Sent>;
  },
): Promise<{ sent: Sent; finished: Map<string, number> }> {
  const startedAt = Date.now();
  const deadline = startedAt + PATIENCE_MS;
  const sent = await send(running.url, callbacks);
  const wanted = before + callbacks.length;
  for (let count = 0; count < wanted; ) {
    count = await running.countFinished();
    if (Date.now() > deadline)
      throw new Error(`${wanted - count} of ${callbacks.length} callbacks are not done`);
    if (count < wanted) await delay(LOOK_EVERY_MS);
  }
  const all = await running.finishedAt(startedAt);
  const finished = new Map<string, number>();
  for (const { id } of callbacks) {
    const at = all.get(id);
    if (at === undefined) throw new Error(`callback ${id} is not among those that are done`);
    finished.set(id, at);
  }
  return { sent, finished };
}

function perCallback(before: DatabaseUse | undefined, after: DatabaseUse | undefined, count: number) {
  if (!before || !after) return undefined;
  return {
    commits: (after.commits - before.commits) / count,
    walKiB: (after.walKiB - before.walKiB) / count,
    storedKiB: (after.storedKiB - before.storedKiB) / count,
  };
}
