import type { Database } from 'lmdb';

/** LMDB's files in a journal's folder. */
export const DATABASE = 'data.mdb';
export const LOCKS = 'lock.mdb';

/** The file beside the database that shows that the database was set up. */
export const SET_UP_MARK = 'set-up';

/** How a journal's parts are named within its database. */
export const PARTS = { pending: 'pending', quarantine: 'quarantine', meta: 'meta' } as const;
export const SEEN_PARTS = ['seen-0', 'seen-1'] as const;

/** The key that every database has once it is set up, even an empty one. */
export const FORMAT_KEY = 'format';

type Statistics = {
  entryCount: number;
  lastTxnId: number;
  pageSize: number;
  treeBranchPageCount: number;
  treeLeafPageCount: number;
  overflowPages: number;
};

/** LMDB keeps these numbers itself, so this reads no records. */
function statisticsOf(database: Database<unknown, string>): Statistics {
  return database.getStats() as Statistics;
}

export function entryCount(database: Database<unknown, string>): number {
  return statisticsOf(database).entryCount;
}

export function bytesOf(database: Database<unknown, string>): number {
  const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } = statisticsOf(database);
  return pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages);
}

/** The number of the last commit by any process. */
export function lastTransactionOf(database: Database<unknown, string>): number {
  return statisticsOf(database).lastTxnId;
}

/** lmdb-js hides the reason for a failed commit in a second promise. Left alone, that promise would end the process. */
export async function reasonOf(error: unknown): Promise<string> {
  try {
    await (error as { commitError?: Promise<unknown> }).commitError;
    throw error;
  } catch (reason) {
    return reason instanceof Error ? reason.message.replace(/:.*/s, '') : String(reason);
  }
}
