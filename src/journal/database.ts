import { type Database, open, type RootDatabase } from 'lmdb';

/** LMDB's files in a journal's folder. */
export const DATABASE = 'data.mdb';
export const LOCKS = 'lock.mdb';

/** The file beside the database that shows that the database was set up. */
export const SET_UP_MARK = 'set-up';

/** How a journal's parts are named within its database. */
export const PARTS = { pending: 'pending', quarantine: 'quarantine', meta: 'meta' } as const;
export const SEEN_PARTS = ['seen-0', 'seen-1'] as const;
/** Databases of earlier versions lack it. Once it was used, `WAITED` is in the part `meta`. */
export const AWAITING_KEY_PART = 'awaiting-key';
export const WAITED = 'waited';

/** The key in the part `meta` that every database has once it is set up, even an empty one. */
export const FORMAT_KEY = 'format';

/**
 * `encrypted`: every record in the file was encrypted when it was written, and `ENCRYPTED_WITH` in the part `meta` says
 * with which key. A version that knows no encryption opens only the plain format, so it never writes into such a file.
 */
export const FORMATS = { plain: 1, encrypted: 2 } as const;
export const ENCRYPTED_WITH = 'encrypted-with';

/** Every database of a journal is opened like this, by whichever process. */
export function openEnvironment(dir: string, { readOnly = false } = {}): RootDatabase {
  // overlappingSync: with it a commit would resolve before the disk has it. noSubdir: without it a folder with a dot
  // in its name would be taken for a file.
  return open({ path: dir, readOnly, overlappingSync: false, maxDbs: 8, noSubdir: false });
}

/** A database that is only read has the parts with which it was written. */
export function hasPart(environment: RootDatabase, name: string): boolean {
  return [...environment.getKeys({})].map(String).includes(name);
}

export type Bytes = { key: string; value: Buffer };

/** All entries, page by page. A page stays as it is while the caller writes. */
export function* pagesOf(part: Database<Buffer, string>, limit: number): Generator<Bytes[]> {
  for (let last: Bytes | undefined; ; ) {
    const range = part.getRange({ limit, ...(last && { start: last.key, exclusiveStart: true }) });
    const page = [...range].map(({ key, value }) => ({ key, value: Buffer.from(value) }));
    last = page.at(-1);
    if (!last) return;
    yield page;
  }
}

export type Meta = Database<number | string, string>;

export function openMeta(environment: RootDatabase): Meta {
  return environment.openDB<number | string, string>({ name: PARTS.meta, encoding: 'json' });
}

/** To be called only within a transaction. @param keyId the key that encrypts every record; undefined: none does */
export function putFormat(meta: Meta, keyId: string | undefined): void {
  void meta.put(FORMAT_KEY, keyId === undefined ? FORMATS.plain : FORMATS.encrypted);
  void (keyId === undefined ? meta.remove(ENCRYPTED_WITH) : meta.put(ENCRYPTED_WITH, keyId));
}

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
