import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';

const FIXTURES = join(PACKAGE_ROOT, 'test', 'fixtures', 'journals');

/** A database has many empty pages, so a file is compressed. */
const ENDING = '.gz';

/** Files that belong to a process and not to the journal. */
const OF_PROCESS = ['lock.mdb', 'owner.lock', 'owned.lock'];

/** The formats of which there is a journal. */
export function journalFormats(): number[] {
  return readdirSync(FIXTURES)
    .map((name) => Number(name.replace('format-', '')))
    .sort();
}

/** Keeps the files of a closed journal. */
export function keepJournal(format: number, from: string): void {
  const to = folderOf(format);
  mkdirSync(to, { recursive: true });
  for (const { name } of filesIn(from)) {
    const content = gzipSync(readFileSync(join(from, name)), { level: 9 });
    writeFileSync(join(to, name + ENDING), content);
  }
}

/** Unpacks one into a new folder. */
export function unpackJournal(format: number, to: string): void {
  mkdirSync(to, { recursive: true });
  const from = folderOf(format);
  for (const { name } of filesIn(from)) {
    writeFileSync(join(to, name.slice(0, -ENDING.length)), gunzipSync(readFileSync(join(from, name))));
  }
}

function folderOf(format: number): string {
  return join(FIXTURES, `format-${format}`);
}

function filesIn(dir: string) {
  const files = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isFile());
  return files.filter(({ name }) => !OF_PROCESS.includes(name));
}
