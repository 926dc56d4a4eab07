import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../machine.ts';

/** One figure of a scenario: what was measured, and what it has to be where something is promised of it. */
export type Figure = { what: string; value: number; unit: string; atMost?: number; atLeast?: number };

/** One scenario, as it went. `loadBefore`: the one-minute load average; well above 0, others were at work. */
export type Scenario = { name: string; how: string; loadBefore: number; figures: Figure[] };

export type ReceiverResults = { date: string; machine: Machine; scenarios: Scenario[] };

/** Undefined where nothing is promised. */
export function verdictOf({ value, atMost, atLeast }: Figure): 'met' | 'NOT MET' | undefined {
  if (atMost === undefined && atLeast === undefined) return undefined;
  const isMet =
    value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? Number.NEGATIVE_INFINITY);
  return isMet ? 'met' : 'NOT MET';
}

/** What was measured, in words and tables. */
export function toMarkdown(
  { date, machine, scenarios }: ReceiverResults,
  { title, command }: { title: string; command: string },
): string {
  const { cores, processor, memoryGiB, system, node, fileSystem, syncMs } = machine;
  return [
    `# ${title}`,
    `${date}, made by \`npm run ${command}\`. ${cores} cores (${processor}), ${memoryGiB} GiB, ${system}, Node ${node}; sender, receiver and servers share them; ${fileSystem}, 4 KiB written and synced: ${syncMs.toFixed(2)} ms (median).`,
    ...scenarios.map(describeScenario),
    '',
  ].join('\n\n');
}

function describeScenario({ name, how, loadBefore, figures }: Scenario): string {
  const rows = figures.map((figure) => {
    const { what, value, unit, atMost, atLeast } = figure;
    const promise = atMost === undefined ? atLeast && `at least ${atLeast}` : `at most ${atMost}`;
    const shown = `${value.toLocaleString('en', { maximumFractionDigits: 1 })} ${unit}`.trim();
    return `| ${what} | ${shown} | ${promise ?? ''} | ${verdictOf(figure) ?? ''} |`;
  });
  return [
    `## ${name}`,
    '',
    `${how} Load average before: ${loadBefore.toFixed(1)}.`,
    '',
    '| | measured | wanted | |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

/** Writes `<name>.json` and `<name>.md` into the folder `out`. */
export function writeResults(
  results: ReceiverResults,
  { out, name, heading }: { out: string; name: string; heading: { title: string; command: string } },
): void {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, `${name}.json`), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(out, `${name}.md`), toMarkdown(results, heading));
  console.error(`The results are in ${join(out, `${name}.md`)}.`);
}
