import { closeSync, openSync, readSync } from 'node:fs';

/**
 * Places within one of LMDB's meta pages, in bytes. The meta pages are the first two pages of the file, and the newer
 * one says where the trees begin. Each page begins with its page number. A commit with an even number writes the first
 * page, one with an odd number the second.
 * See `MDB_page_header` and `MDB_meta` in mdb.c of lmdb-js 3.5.6, data version 2, on a machine of 64 bits.
 */
const PAGE_NUMBER_AT = 0;
const MAGIC_AT = 24;
const VERSION_AT = 28;
const PAGE_SIZE_AT = 48;
const TRANSACTION_AT = 152;
const READ_BYTES = 160;

const MAGIC = 0xbeefc0de;
const VERSION = 2;
const MAX_PAGE_SIZE = 65_536;

export type MetaPages = {
  /** The number of the database's last commit, as the pages tell it. */
  lastTransaction: number;
  /** What is wrong with the pages; undefined: nothing that can be seen. */
  fault: string | undefined;
};

/**
 * LMDB trusts its meta pages. If they are swapped, or one of them is an old copy, LMDB silently shows an older
 * database and writes over the newer one.
 *
 * @returns undefined for a layout that is not known here, and for a file without two meta pages
 */
export function readMetaPages(path: string): MetaPages | undefined {
  const file = openSync(path, 'r');
  try {
    const first = readPage(file, 0);
    const pageSize = first?.readUInt32LE(PAGE_SIZE_AT) ?? 0;
    const second = pageSize >= READ_BYTES && pageSize <= MAX_PAGE_SIZE && readPage(file, pageSize);
    return first && second ? judge(first, second) : undefined;
  } finally {
    closeSync(file);
  }
}

function readPage(file: number, position: number): Buffer | undefined {
  const page = Buffer.alloc(READ_BYTES);
  if (readSync(file, page, 0, READ_BYTES, position) < READ_BYTES) return undefined;
  const isKnown = page.readUInt32LE(MAGIC_AT) === MAGIC && page.readUInt32LE(VERSION_AT) === VERSION;
  return isKnown ? page : undefined;
}

function judge(...pages: [Buffer, Buffer]): MetaPages {
  const numbers = pages.map((page) => Number(page.readBigUInt64LE(PAGE_NUMBER_AT)));
  const [even = 0, odd = 0] = pages.map((page) => Number(page.readBigUInt64LE(TRANSACTION_AT)));
  const lastTransaction = Math.max(even, odd);
  const isNew = even === 0 && odd === 0;
  if (numbers[0] !== 0 || numbers[1] !== 1) return { lastTransaction, fault: 'its meta pages are swapped' };
  if (!isNew && (even % 2 !== 0 || odd % 2 !== 1 || Math.abs(even - odd) !== 1))
    return { lastTransaction, fault: `its meta pages are of the commits ${even} and ${odd}` };
  return { lastTransaction, fault: undefined };
}
