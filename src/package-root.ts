import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's folder, whether this runs from the sources or from `dist/`. */
export const PACKAGE_ROOT = findUp(dirname(fileURLToPath(import.meta.url)));

/** As in package.json. */
export const VERSION = (
  JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string }
).version;

function findUp(dir: string): string {
  if (existsSync(join(dir, 'package.json'))) return dir;
  return findUp(dirname(dir));
}
