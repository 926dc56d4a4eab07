import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Counts, LastCounts } from '../counts.ts';
import { DATABASE } from '../database.ts';
import { RECORD_HEADER } from '../record.ts';
import { type FoundRecord, JournalStore } from '../store.ts';
import { inspect } from './inspect.ts';
import { readMetaPages } from './meta-pages.ts';
import { scanRecords } from './scan.ts';

/** What of a damaged journal was taken over into a new one. */
export type Salvaged = {
  /** Where the damaged one is kept, whole. */
  setAside: string;
  pending: number;
  quarantined: number;
  /** What it held, quarantine included, and can't be read; undefined: it can't even tell how much it held. */
  lost: number | undefined;
  /** How many more were found than it held: they were removed before, most likely because they are in Temporal. */
  more: number;
};

export type TakeOverOptions = {
  /** The folder of the damaged database. */
  setAside: string;
  /** The folder for a new one. */
  gathered: string;
  /** How long equal callbacks must be recognised, in ms. */
  remember: number;
  /** What the file beside the database says. */
  counts: LastCounts | undefined;
  /** The damaged database shows less than what was last committed. */
  isStale: boolean;
};

/** Records of format 1 that go into one commit. */
const SHARED = 1_000;

/**
 * Fills a new database with every whole record of a damaged one. What is in there twice is taken over once: a record
 * keeps its key. A delivery that Temporal has already costs one start, since its workflow's id is its own.
 */
export async function takeOver(options: TakeOverOptions): Promise<Salvaged> {
  const { setAside, gathered, remember, counts } = options;
  rmSync(gathered, { recursive: true, force: true });
  const store = await JournalStore.open({ dir: gathered, remember });
  try {
    await takeScanned(store, join(setAside, DATABASE), counts?.lowestKey);
    const ofTree = await takeFromTree(store, setAside);
    await store.dropMoved();
    const { pendingCount: pending, quarantinedCount: quarantined } = store;
    const held = whatItHeld(options, ofTree);
    return { setAside, pending, quarantined, ...compare(held, { pending, quarantined }) };
  } finally {
    await store.close();
  }
}

/** @param lowestKey what has a lower one was removed: without that, all that ever was pending could come back */
async function takeScanned(store: JournalStore, file: string, lowestKey = ''): Promise<void> {
  if (!existsSync(file)) return;
  for await (const found of scanRecords(file)) {
    await store.restore(found.filter(({ kind, key }) => kind === 'quarantined' || key >= lowestKey));
  }
}

/**
 * From the front and, since damage can stop that, from the back.
 *
 * @returns how much there should be; undefined when the tree can't tell
 */
async function takeFromTree(store: JournalStore, setAside: string): Promise<Counts | undefined> {
  const writes: Promise<void>[] = [];
  let waiting: FoundRecord[] = [];
  const flush = () => {
    writes.push(store.restore(waiting));
    waiting = [];
  };
  const onFound = (found: FoundRecord) => {
    waiting.push(found);
    if (waiting.length >= SHARED) flush();
  };
  const { expected } = await inspect(setAside, { mode: 'salvage', direction: 'forwards', onFound });
  await inspect(setAside, { mode: 'salvage', direction: 'backwards', onFound });
  flush();
  await Promise.all(writes);
  return expected;
}

/** The file beside the database is a second behind, but it has a checksum; the tree may be damaged there too. */
function whatItHeld(
  { setAside, counts, isStale }: TakeOverOptions,
  ofTree: Counts | undefined,
): Counts | undefined {
  const file = join(setAside, DATABASE);
  if (!existsSync(file)) return counts;
  const isCurrent = counts && counts.lastTransaction === readMetaPages(file)?.lastTransaction;
  if (counts && (isStale || isCurrent)) return counts;
  return ofTree && fits(ofTree, statSync(file).size) ? ofTree : counts;
}

/** A flipped bit makes a count of billions. */
function fits({ pending, quarantined }: Counts, size: number): boolean {
  return (pending + quarantined) * RECORD_HEADER <= size;
}

function compare(held: Counts | undefined, found: Counts): Pick<Salvaged, 'lost' | 'more'> {
  if (!held) return { lost: undefined, more: 0 };
  const pending = held.pending - found.pending;
  const quarantined = held.quarantined - found.quarantined;
  return {
    lost: Math.max(0, pending) + Math.max(0, quarantined),
    more: Math.max(0, -pending) + Math.max(0, -quarantined),
  };
}
