import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Beside the database: when that can't even tell how much it held, this does, as of about a second before. */
const FILE = 'pending-count';

/** A full or broken disk is no reason to fail: the count is a help, not a promise. */
export function writePendingCount(dir: string, count: number): void {
  try {
    writeFileSync(join(dir, FILE), String(count));
  } catch {
    // Said elsewhere: nothing can be journaled either.
  }
}

export function readPendingCount(dir: string): number | undefined {
  try {
    const count = Number(readFileSync(join(dir, FILE), 'utf8'));
    return Number.isSafeInteger(count) ? count : undefined;
  } catch {
    return undefined;
  }
}
