import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { costChart, speedChart } from './report/charts.ts';
import { checkClaims } from './report/claims.ts';
import { toMarkdown } from './report/markdown.ts';
import { withFigures } from './report/sizing.ts';
import type { Results } from './results.ts';

const RESULTS = join(PACKAGE_ROOT, 'test', 'bench', 'results');
const SIZING_PAGE = join(PACKAGE_ROOT, 'docs', 'sizing.md');

/**
 * Writes `callbacks.json`, `callbacks.md` and the charts into a folder, and tells what must be shown. Where it is the folder of
 * the committed results, the figures of `docs/sizing.md` are written too.
 */
export function writeResults(results: Results, out: string): void {
  mkdirSync(out, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(out, name), text);
  write('callbacks.json', `${JSON.stringify(results, null, 2)}\n`);
  write('callbacks.md', toMarkdown(results));
  write('callbacks.svg', speedChart(results));
  write('callbacks-cost.svg', costChart(results));
  if (resolve(out) === RESULTS) {
    writeFileSync(SIZING_PAGE, withFigures(readFileSync(SIZING_PAGE, 'utf8'), results));
  }
  for (const { text, wanted, measured, verdict } of checkClaims(results)) {
    console.error(`${verdict}: ${text}: ${measured} (${wanted})`);
  }
  for (const { label, faults } of results.contenders) {
    for (const { round, engine, pairs, fault } of faults) {
      console.error(`FAULTY: ${label} on ${engine}, ${pairs} pairs, round ${round}: ${fault}`);
    }
  }
  console.error(`The results are in ${join(out, 'callbacks.md')}.`);
}
