import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isValid } from 'ulid';
import type { PayloadKey } from '../../encryption/payload-keys.ts';
import { DATABASE } from '../database.ts';
import { type FoundRecord, JournalStore } from '../store.ts';
import { type InspectionMode, inspect, isAllReached } from './inspect.ts';
import { countLosses, type DamagedDatabase, type Losses, type TreeReport } from './losses.ts';
import { scanRecords } from './scan.ts';

/** What was taken over from a damaged journal into a new one. */
export type Salvaged = Losses & {
  /** The folder where the damaged journal is kept as it was. */
  setAside: string;
  pending: number;
  quarantined: number;
};

export type TakeOverOptions = DamagedDatabase & {
  /** The folder for a new database. */
  gathered: string;
  /** How long equal callbacks must be recognised, in ms. */
  remember: number;
  payloadKeys: readonly PayloadKey[];
  /** Stops it with the signal's reason. */
  signal: AbortSignal | undefined;
};

/** How many records of format 1 go into one commit. */
const RECORDS_PER_COMMIT = 1_000;

/**
 * Fills a new database with every undamaged record of a damaged one. Each record keeps its key, so a record that is
 * found twice is taken over once. A delivery that is already in Temporal does no harm: a second start with the same
 * workflow id does nothing.
 */
export async function takeOver(options: TakeOverOptions): Promise<Salvaged> {
  const { setAside, gathered, remember, payloadKeys, counts, signal } = options;
  rmSync(gathered, { recursive: true, force: true });
  const store = await JournalStore.open({ dir: gathered, remember, payloadKeys });
  try {
    await takeScanned(store, join(setAside, DATABASE), { lowestKey: counts?.lowestKey, signal });
    const tree = await takeFromTree(store, { setAside, signal });
    await store.dropMoved();
    const taken = { pending: store.pendingCount, quarantined: store.quarantinedCount };
    return { setAside, ...taken, ...countLosses(options, tree, taken) };
  } finally {
    await store.close();
  }
}

type ScanOptions = {
  /** Records with a lower key had been removed. Without this limit everything that ever was pending could come back. */
  lowestKey: string | undefined;
  signal: AbortSignal | undefined;
};

async function takeScanned(
  store: JournalStore,
  file: string,
  { lowestKey = '', signal }: ScanOptions,
): Promise<void> {
  if (!existsSync(file)) return;
  for await (const found of scanRecords(file)) {
    signal?.throwIfAborted();
    await store.restore(found.filter(({ kind, key }) => kind === 'quarantined' || key >= lowestKey));
  }
}

/** One flipped bit can turn a key into another valid key. A key is certain if the tree and the record agree on it. */
function isKeyCertain([key = '', ...others]: string[]): boolean {
  return isValid(key) && others.every((other) => other === key);
}

type WalkOptions = { setAside: string; signal: AbortSignal | undefined };

/** Goes through the tree from the front. If damage stops that, it goes through the tree from the back too. */
async function takeFromTree(store: JournalStore, from: WalkOptions): Promise<TreeReport> {
  const forwards = await walk(store, from, 'forwards');
  if (!forwards.isAllReached) await walk(store, from, 'backwards');
  return forwards;
}

async function walk(
  store: JournalStore,
  { setAside, signal }: WalkOptions,
  direction: 'forwards' | 'backwards',
): Promise<TreeReport> {
  const writes: Promise<void>[] = [];
  let waiting: FoundRecord[] = [];
  const report = { taken: 0, missing: 0, uncertain: 0 };
  const write = () => {
    const written = store.restore(waiting);
    // All writes are awaited below. Until then a refused one must not count as an unhandled rejection.
    written.catch(() => undefined);
    writes.push(written);
    waiting = [];
  };
  const inspecting: InspectionMode = {
    mode: 'salvage',
    signal,
    direction,
    onFound(found) {
      report.taken += 1;
      waiting.push(found);
      if (waiting.length >= RECORDS_PER_COMMIT) write();
    },
    onReached(part, keys) {
      for (const candidates of keys) {
        if (candidates.some((key) => isValid(key) && store.has(part, key))) report.taken += 1;
        else if (isKeyCertain(candidates)) report.missing += 1;
        else report.uncertain += 1;
      }
    },
  };
  try {
    const inspection = await inspect(setAside, inspecting);
    write();
    await Promise.all(writes);
    return { ...report, expected: inspection.expected, isAllReached: isAllReached(inspection) };
  } finally {
    // After an aborted inspection the store is closed, and no write may still be running then.
    await Promise.allSettled(writes);
  }
}
