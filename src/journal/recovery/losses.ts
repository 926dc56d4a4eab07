import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE } from '../database.ts';
import type { Counts, LastCounts } from '../folder/counts.ts';
import { RECORD_HEADER } from '../record.ts';
import { readMetaPages } from './meta-pages.ts';

/** How what was taken over compares with what a damaged journal held. */
export type Losses = {
  /** What it held, quarantine included, and can't be read; undefined: it can't even tell how much it held. */
  lost: number | undefined;
  /** How many more were found than it held: they were removed before, most likely because they are in Temporal. */
  more: number;
};

/** What is known of a damaged database without its records. */
export type DamagedDatabase = {
  /** Its folder. */
  setAside: string;
  /** What the file beside it says. */
  counts: LastCounts | undefined;
  /** It shows less than what was last committed. */
  isStale: boolean;
};

/** What the database's tree tells, as far as it can be followed. */
export type TreeReport = {
  /** How much there should be; undefined: it can't tell. */
  expected: Counts | undefined;
  isAllReached: boolean;
  /** Entries that were reached and taken over. */
  taken: number;
  /** Entries that were reached and could not be taken over. */
  missing: number;
  /** Entries whose key may be damaged too: an old copy of such a one may have been taken over. */
  unnamed: number;
};

export function countLosses(database: DamagedDatabase, tree: TreeReport, taken: Counts): Losses {
  const held = whatItHeld(database, tree.expected);
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

/** Entry by entry, so that what comes back can't hide what is lost. */
function compareEntries({ taken, missing, unnamed }: TreeReport, all: number): Losses {
  const notReached = all - taken;
  return { lost: missing + Math.max(0, unnamed - notReached), more: Math.max(0, notReached - unnamed) };
}

/** The file beside the database is a second behind, but it has a checksum; the tree may be damaged there too. */
function whatItHeld(
  { setAside, counts, isStale }: DamagedDatabase,
  ofTree: Counts | undefined,
): Counts | undefined {
  const file = join(setAside, DATABASE);
  if (isStale || !existsSync(file)) return counts;
  if (counts && counts.lastTransaction === readMetaPages(file)?.lastTransaction) return counts;
  // A flipped bit makes a count of billions.
  return ofTree && total(ofTree) * RECORD_HEADER <= statSync(file).size ? ofTree : counts;
}

/** Where the place that names a part is damaged, its tree looks empty, and all of nothing is reached. */
function isSame(ofTree: Counts | undefined, held: Counts | undefined): boolean {
  return ofTree?.pending === held?.pending && ofTree?.quarantined === held?.quarantined;
}

function total({ pending, quarantined }: Counts): number {
  return pending + quarantined;
}
