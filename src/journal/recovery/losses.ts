import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE } from '../database.ts';
import type { Counts, LastCounts } from '../folder/counts.ts';
import { RECORD_HEADER } from '../record.ts';
import { readMetaPages } from './meta-pages.ts';

/** How what was taken over compares with what a damaged journal held. */
export type Losses = {
  /** How many entries can't be read, quarantine included; undefined: nothing tells how many there were. */
  lost: number | undefined;
  /** How many removed entries were found and taken over too. Most likely they are in Temporal already. */
  more: number;
};

/** What is known of a damaged database without its records. */
export type DamagedDatabase = {
  /** Its folder. */
  setAside: string;
  /** What the counts file beside it says. */
  counts: LastCounts | undefined;
  /** It shows an older state than the last commit. */
  isStale: boolean;
};

/** What the database's tree tells, as far as it can be followed. */
export type TreeReport = {
  /** How many entries there should be; undefined: the tree can't tell. */
  expected: Counts | undefined;
  isAllReached: boolean;
  /** Entries that were reached and taken over. */
  taken: number;
  /** Entries that were reached and could not be taken over. */
  missing: number;
  /** Entries whose key may be damaged too. An old copy of such an entry may have been taken over with its right key. */
  uncertain: number;
};

export function countLosses(database: DamagedDatabase, tree: TreeReport, taken: Counts): Losses {
  const held = chooseHeldCounts(database, tree.expected);
  const isWholeTree = tree.isAllReached && !database.isStale && isSame(tree.expected, held);
  if (isWholeTree) return compareEntries(tree, total(taken));
  if (!held) return { lost: undefined, more: 0 };
  const pending = held.pending - taken.pending;
  const quarantined = held.quarantined - taken.quarantined;
  return {
    lost: Math.max(0, pending) + Math.max(0, quarantined),
    more: Math.max(0, -pending) + Math.max(0, -quarantined),
  };
}

/** Counts entry by entry: with totals alone, removed entries that come back would hide lost ones. */
function compareEntries({ taken, missing, uncertain }: TreeReport, all: number): Losses {
  const notReached = all - taken;
  return { lost: missing + Math.max(0, uncertain - notReached), more: Math.max(0, notReached - uncertain) };
}

/**
 * How many entries the database held, from the better of two sources. The counts file may be a second old, but it has
 * a checksum. The tree's own counts may be damaged.
 */
function chooseHeldCounts(
  { setAside, counts, isStale }: DamagedDatabase,
  ofTree: Counts | undefined,
): Counts | undefined {
  const file = join(setAside, DATABASE);
  if (isStale || !existsSync(file)) return counts;
  if (counts && counts.lastTransaction === readMetaPages(file)?.lastTransaction) return counts;
  // One flipped bit can make the tree's count billions: believe no more records than fit into the file.
  return ofTree && total(ofTree) * RECORD_HEADER <= statSync(file).size ? ofTree : counts;
}

/** If the name of a part is damaged, the part looks empty, so all of it seems reached. Its count then differs. */
function isSame(ofTree: Counts | undefined, held: Counts | undefined): boolean {
  return ofTree?.pending === held?.pending && ofTree?.quarantined === held?.quarantined;
}

function total({ pending, quarantined }: Counts): number {
  return pending + quarantined;
}
