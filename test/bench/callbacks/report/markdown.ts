import { ENGINES, type Engine, PAIRS, type Results } from '../results.ts';
import { checkClaims, inPairs } from './claims.ts';
import { costTable, speedTable, table } from './tables.ts';

const SECTIONS: { title: string; engines: Engine[] }[] = [
  { title: 'Temporal on PostgreSQL, and queues', engines: ['temporal-postgres', 'queues'] },
  {
    title: 'The development server (SQLite), which says nothing about a real one',
    engines: ['temporal-dev'],
  },
];

/** `callbacks.md`: what was measured, in words and tables. */
export function toMarkdown(results: Results): string {
  return [
    '# Callbacks until all is done, by who processes them',
    describeRun(results),
    '![Finished callbacks per second, relative to the obvious design](callbacks.svg)',
    '![Processor time per callback, by process](callbacks-cost.svg)',
    '## What Unfriend must show on PostgreSQL',
    table(
      ['claim', 'wanted', 'median of the rounds', 'lowest–highest', ''],
      checkClaims(results).map((claim) => [
        claim.text,
        claim.wanted,
        claim.measured,
        claim.range,
        claim.verdict,
      ]),
    ),
    '## Contenders',
    table(
      ['contender', 'what it does'],
      results.contenders.map(({ label, meaning }) => [label, meaning]),
    ),
    ...SECTIONS.flatMap((section) => describeSection(results, section)),
    '## Notes',
    notes(results).join('\n'),
    '',
  ].join('\n\n');
}

function describeRun({ date, rounds, seconds, minutes, historyShards, machine }: Results): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${date}; rounds: ${rounds}, bursts of about ${seconds} s; it took ${minutes.toFixed(0)} minutes; made by`,
    '`npm run bench:callbacks`. Only ratios within one run mean anything: the absolute numbers are those of this',
    'machine at that moment.',
    '',
    `- ${machine.cores} cores (${machine.processor}), ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}; sender, contender and all servers share them; load average before: ${machine.loadBefore.toFixed(1)}`,
    `- ${machine.fileSystem}; 4 KiB written and synced: ${machine.syncMs.toFixed(2)} ms (median)`,
    `- ${versions.join(', ')}; history shards: ${historyShards}`,
  ].join('\n');
}

function describeSection(
  results: Results,
  { title, engines }: { title: string; engines: Engine[] },
): string[] {
  const sizes = PAIRS.filter((pairs) =>
    results.contenders.some(({ measurements }) =>
      measurements.some((each) => each.pairs === pairs && engines.includes(each.engine)),
    ),
  );
  if (sizes.length === 0) return [];
  return [
    `## ${title}`,
    ...sizes.flatMap((pairs) => [
      `### ${inPairs(pairs)}`,
      speedTable(results, engines, pairs),
      costTable(results, engines, pairs),
    ]),
  ];
}

function notes({ contenders }: Results): string[] {
  return [
    '- Every callback is signed and has a RequestId and accounts of its own. Friendships end in both directions. Two keys in Redis, one document in OpenSearch and one webhook per pair; Unfriend sends one webhook per recipient.',
    '- finished/s: a burst of callbacks over 32 connections, from the first request until the last one was done. Bursts grow until one takes long enough; it counts, with the processor time that every process used meanwhile.',
    '- The latencies are those at a fixed rate: 8, 5 and 1 callbacks per second of 1, 2 and 10 pairs. The p99 of so few callbacks is the slowest one. Done: when the contender itself recorded it (the close of the workflow, the end of the job).',
    '- Workflows with no-op activities have no side effects. What pairs their callback has means nothing to them.',
    '- Each contender is started anew in each round, on servers that are started anew for the round; the order rotates. The development server is measured in the first round only. The raw numbers are in `callbacks.json`.',
    '- Checked after each measurement: all keys and documents of the pairs are gone, those of others are untouched, and the endpoint was told of every pair.',
    '- BullMQ and pg-boss have one job per callback, DBOS one process for all. pg-boss 10 is the newest that runs on Node 20. BullMQ and DBOS are set up as their documentation has it. pg-boss fetches more jobs at a time, and more often, than by default.',
    '- actions: what Temporal Cloud would bill, counted from the histories (`test/support/billed-actions.ts`).',
    ...ENGINES.flatMap((engine) =>
      contenders.flatMap(({ label, notRun }) =>
        notRun
          .filter((each) => each.engine === engine)
          .map(({ why }) => `- ${label}, ${engine}: NOT RUN: ${why}`),
      ),
    ),
    ...contenders.flatMap(({ label, faults }) =>
      faults.map(
        ({ round, engine, pairs, fault }) =>
          `- ${label}, ${engine}, ${inPairs(pairs)}, round ${round}: ${fault.replaceAll('\n', ' ')}`,
      ),
    ),
  ];
}
