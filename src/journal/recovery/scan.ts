import { type FileHandle, open } from 'node:fs/promises';
import { MARKER, RECORD_HEADER, readRecord, recordLength } from '../record.ts';
import type { FoundRecord } from '../store.ts';

/** How much of the file is read at a time, in bytes. */
const WINDOW = 8 * 1024 * 1024;

/** How much of the file is skipped at each place that the disk can't read, in bytes. */
const PAGE = 4_096;

/** Where in a window the search ended, and how much of the file is needed from there on, in bytes. */
type Progress = { found: FoundRecord[]; next: number; needed: number };

/**
 * Finds the undamaged records of format 2 in a database file, wherever they lie. LMDB keeps the bytes of a record
 * together, within one page or in pages that follow each other. So a damaged page costs only its own records. Pages
 * that LMDB has freed are still in the file: a record may be found several times, and a removed one may be found.
 */
export async function* scanRecords(path: string): AsyncGenerator<FoundRecord[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    let needed = WINDOW;
    for (let position = 0; position < size; ) {
      const window = await read(file, position, Math.min(needed, size - position));
      const progress = searchWindow(window, size - position);
      if (progress.found.length > 0) yield progress.found;
      position += progress.next;
      needed = Math.max(WINDOW, progress.needed);
    }
  } finally {
    await file.close();
  }
}

/** Pages that the disk can't read are all zeros in the result. */
async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const window = Buffer.alloc(length);
  try {
    await fill(file, window, position);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error;
    for (let at = 0; at < length; at += PAGE)
      await fill(file, window.subarray(at, at + PAGE), position + at).catch(() => undefined);
  }
  return window;
}

async function fill(file: FileHandle, target: Buffer, position: number): Promise<void> {
  let filled = 0;
  while (filled < target.length) {
    const { bytesRead } = await file.read(target, filled, target.length - filled, position + filled);
    if (bytesRead === 0) throw new Error('the file became shorter while it was read');
    filled += bytesRead;
  }
}

/** @param left how many bytes the file has from the start of the window */
function searchWindow(window: Buffer, left: number): Progress {
  const found: FoundRecord[] = [];
  const isEnd = window.length === left;
  let from = 0;
  for (;;) {
    const at = window.indexOf(MARKER, from);
    if (at < 0) break;
    const bytes = window.subarray(at);
    const needed = bytes.length < RECORD_HEADER ? RECORD_HEADER : (recordLength(bytes) ?? 0);
    if (needed > bytes.length && at + needed <= left) return { found, next: at, needed };
    const record = readRecord(bytes);
    if (record) found.push(record);
    from = at + (record?.bytes ?? 1);
  }
  // The last bytes may be the beginning of a marker.
  return { found, next: isEnd ? left : Math.max(from, window.length - MARKER.length + 1), needed: 0 };
}
