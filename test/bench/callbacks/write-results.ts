import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { costChart, speedChart } from './report/charts.ts';
import { checkClaims } from './report/claims.ts';
import { toMarkdown } from './report/markdown.ts';
import type { Results } from './results.ts';

/** Writes `callbacks.json`, `callbacks.md` and the charts into a folder, and tells what must be shown. */
export function writeResults(results: Results, out: string): void {
  mkdirSync(out, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(out, name), text);
  write('callbacks.json', `${JSON.stringify(results, null, 2)}\n`);
  write('callbacks.md', toMarkdown(results));
  write('callbacks.svg', speedChart(results));
  write('callbacks-cost.svg', costChart(results));
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
