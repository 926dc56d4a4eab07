import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A process of its own costs each file about a second. A few groups, so that more than one core has work. */
const FILES_PER_GROUP = 45;

const IMPORT_TESTS = new URL('./import-tests.js', import.meta.url);

/** A compiled test file, and its name in messages: `unit/intake/dispatcher.test.ts`. */
export type GroupedFile = { name: string; path: string };

/**
 * Writes modules that each run several test files in one process.
 *
 * @param folder where the modules are written
 * @returns the paths of the modules
 */
export function groupFiles(files: GroupedFile[], folder: string): string[] {
  const groups: GroupedFile[][] = [];
  for (let from = 0; from < files.length; from += FILES_PER_GROUP)
    groups.push(files.slice(from, from + FILES_PER_GROUP));
  return groups.map((group, index) => {
    const path = join(folder, `group-${index + 1}.test.mjs`);
    writeFileSync(path, moduleOf(group));
    return path;
  });
}

function moduleOf(group: GroupedFile[]): string {
  const files = group.map(({ name, path }) => ({ name, url: pathToFileURL(path).href }));
  return `import { importTests } from ${JSON.stringify(IMPORT_TESTS.href)};\n\nawait importTests(${JSON.stringify(files, null, 2)});\n`;
}
