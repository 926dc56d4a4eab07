import type { BatchResults, WayResult } from './results.ts';

/** What batches must gain. */
const AT_LEAST = 20;

export type Checked = { text: string; ratio: number; verdict: 'met' | 'NOT MET' | 'FAULTY' };

/** Every claim with what was measured; a way that left something undone proves nothing. */
export function checkClaims({ ways }: BatchResults): Checked[] {
  const isFaulty = ways.some(({ faults }) => faults.length > 0);
  const claim = (text: string, ratio: number): Checked => {
    const verdict = ratio >= AT_LEAST ? 'met' : 'NOT MET';
    return { text, ratio, verdict: isFaulty ? 'FAULTY' : verdict };
  };
  return [
    claim(`in batches it is at least ${AT_LEAST} times faster`, gain(ways, 'seconds')),
    claim(`in batches it takes at least ${AT_LEAST} times fewer history events`, gain(ways, 'events')),
  ];
}

function gain(ways: readonly WayResult[], figure: 'seconds' | 'events' | 'activities'): number {
  const [batches, single] = ['batches', 'single'].map((name) => ways.find((way) => way.name === name));
  return (single?.[figure] ?? Number.NaN) / (batches?.[figure] ?? Number.NaN);
}

/** `batches.md`: what was measured, in words and tables. */
export function toMarkdown(results: BatchResults): string {
  const { ways } = results;
  const times = (figure: 'seconds' | 'events' | 'activities') => `${gain(ways, figure).toFixed(1)}×`;
  return [
    '# Batches: one large delivery, with and without',
    describeRun(results),
    '## What batches must gain',
    table(
      ['claim', 'ratio', ''],
      checkClaims(results).map(({ text, ratio, verdict }) => [text, `${ratio.toFixed(1)}×`, verdict]),
    ),
    '## Measurements',
    table(
      [
        '',
        'seconds',
        'history events',
        'runs',
        'activities',
        'of them not successful',
        'load average before',
      ],
      [
        ...ways.map(describeWay),
        ['gained', times('seconds'), times('events'), '', times('activities'), '', ''],
      ],
    ),
    '## Notes',
    notes(results),
    '',
  ].join('\n\n');
}

function describeRun({ date, friends, pairs, machine }: BatchResults): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${date}; an account whose ${count(friends)} friendships end both ways, ${count(pairs)} pairs; made by`,
    '`npm run bench:batches`. Only ratios within one run mean anything: the absolute numbers are those of this',
    'machine at that moment.',
    '',
    `- ${machine.cores} cores (${machine.processor}), ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}; worker, servers and webhook receiver share them`,
    `- ${machine.fileSystem}; 4 KiB written and synced: ${machine.syncMs.toFixed(2)} ms (median)`,
    `- ${versions.join(', ')}`,
  ].join('\n');
}

function describeWay(way: WayResult): string[] {
  const { events, runs, activities, failures } = way;
  return [
    `${way.label}${way.faults.length > 0 ? ' **FAULTY, see the notes**' : ''}`,
    way.seconds.toFixed(1),
    ...[events, runs, activities, failures].map(count),
    way.loadBefore.toFixed(1),
  ];
}

function notes({ ways }: BatchResults): string {
  return [
    '- Both ways by the same `unfriend work`, one after the other, on one Temporal development server (SQLite), Redis, OpenSearch and a webhook receiver that verifies signatures. A small delivery went ahead, each way.',
    '- Events and activities are those of all runs of the workflow.',
    '- Checked after each: every key and document of the pairs is gone, those of others are untouched, and each recipient got every part of its message exactly once, with all its pairs.',
    ...ways.flatMap(({ label, faults }) => faults.slice(0, 20).map((fault) => `- ${label}: ${fault}`)),
  ].join('\n');
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function count(value: number): string {
  return value.toLocaleString('en');
}
