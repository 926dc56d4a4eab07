/**
 * How fast callbacks are acknowledged, by what keeps them: `npm run bench:intake`. Each contender is a process of
 * its own, all in the same run, round by round. Writes `intake.md`, `intake.svg` and `intake.json`.
 * Exit codes: 0 measured, 1 a contender was faulty or the run broke off, 2 wrong usage.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cleanup } from '../support/cleanup.ts';
import type { Contender } from './contenders/index.ts';
import { LoadGenerator } from './load/process.ts';
import { describeMachine, packageVersions, serverVersions } from './machine.ts';
import { type Bench, measureRound } from './measure.ts';
import { type BenchOptions, readOptions } from './options.ts';
import { toSvg } from './report/chart.ts';
import { checkClaims } from './report/claims.ts';
import { toMarkdown } from './report/markdown.ts';
import { type ContenderResults, LOADS, type Results } from './results.ts';
import { rotated } from './rotated.ts';
import { runBench } from './run-bench.ts';
import { type BenchServers, findBenchServers } from './servers/index.ts';

/** What one contender may take in a round beyond its measurements, in seconds, before the run breaks off. */
const PATIENCE_SECONDS = 60;

const PACKAGES = ['koa', 'zod', '@koa/bodyparser', 'bullmq', 'ioredis', 'pg', 'autocannon'];

const options = readOptions(process.argv.slice(2));
const cleanup = new Cleanup();
await runBench({
  run: () => run(options),
  seconds: longest(options),
  write: (results) => write(results, options.out),
  isFaulty: ({ contenders }) => contenders.some(({ faults }) => faults.length > 0),
  cleanup,
});

async function run({ rounds, seconds, contenders }: BenchOptions): Promise<Results> {
  const servers = await findBenchServers();
  const folder = mkdtempSync(join(tmpdir(), 'unfriend-bench-'));
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  const machine = describeMachine(folder, { ...serverVersions(servers), ...packageVersions(...PACKAGES) });
  const bench: Bench = { servers, load: new LoadGenerator(cleanup), folder, seconds, cleanup };

  const entries = contenders.map((contender) => ({ contender, results: empty(contender, servers) }));
  const runnable = entries.filter(({ results }) => results.notRun === undefined);
  for (let round = 1; round <= rounds; round += 1) {
    for (const entry of rotated(runnable, round - 1)) {
      console.error(`round ${round} of ${rounds}: ${entry.contender.label}`);
      await measureRound({ ...entry, round }, bench);
    }
  }
  const all = entries.map(({ results }) => results);
  return { date: new Date().toISOString(), rounds, seconds, machine, contenders: all };
}

function empty(
  { name, letter, label, meaning, needs, startWorking }: Contender,
  servers: BenchServers,
): ContenderResults {
  const missing = needs.find((need) => servers[need].path === undefined);
  return {
    name,
    letter,
    label,
    meaning,
    hasWorker: startWorking !== undefined,
    measurements: [],
    faults: [],
    temporal: [],
    ...(missing && { notRun: `${missing} is not installed: ${servers[missing].install}` }),
  };
}

/** How long the longest run with these options may take, in seconds. */
function longest({ rounds, seconds, contenders }: BenchOptions): number {
  return rounds * contenders.length * (LOADS.length * seconds + PATIENCE_SECONDS);
}

function write(results: Results, out: string): void {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'intake.json'), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(out, 'intake.md'), toMarkdown(results));
  writeFileSync(join(out, 'intake.svg'), toSvg(results));
  for (const { load, text, ratio, verdict } of checkClaims(results)) {
    console.error(`${verdict}: ${load}: ${text}${ratio ? ` (${ratio.median.toFixed(2)})` : ''}`);
  }
  for (const { letter, notRun, faults } of results.contenders) {
    if (notRun !== undefined) console.error(`NOT RUN: (${letter}) ${notRun}`);
    for (const { round, fault } of faults) console.error(`FAULTY: (${letter}) in round ${round}: ${fault}`);
  }
  console.error(`The results are in ${join(out, 'intake.md')}.`);
}
