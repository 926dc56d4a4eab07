import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE, LOCKS } from '../database.ts';

/** The folder within the journal's folder where a new database is filled. */
const GATHERED = 'taken-over';

export function gatheredDir(dir: string): string {
  return join(dir, GATHERED);
}

/** Puts the new database in the place of the old one. Nothing may have either of them open. */
export function replaceDatabase(dir: string): void {
  const gathered = gatheredDir(dir);
  rmSync(join(dir, LOCKS), { force: true });
  renameSync(join(gathered, DATABASE), join(dir, DATABASE));
  syncFolder(dir);
  rmSync(gathered, { recursive: true });
}

/** Without this a power failure could bring the old file back, after callbacks went into the new one. */
function syncFolder(dir: string): void {
  const folder = openSync(dir, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
