/**
 * What a callback costs until all of it is done, beside other ways to do the same: `npm run bench:callbacks`. All in one run
 * on one machine, on the same Redis, OpenSearch and webhook endpoint. Writes `callbacks.md`, `callbacks.json` and charts.
 * On a full run it needs `temporal-server`, which it builds with Go where it is missing (a quarter of an hour, once).
 * Exit codes: 0 measured, 1 a contender was faulty or the run broke off, 2 wrong usage.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cleanup } from '../support/cleanup.ts';
import { runsOn, type TemporalPlace } from './callbacks/contenders/contender.ts';
import { type Bench, measureRound, type Turn } from './callbacks/measure/round.ts';
import { type Options, readOptions } from './callbacks/options.ts';
import type { ContenderResults, Engine, Results } from './callbacks/results.ts';
import { startEffects } from './callbacks/stage/effects.ts';
import { findTemporalServer, TEMPORAL_VERSION } from './callbacks/temporal/find-server.ts';
import { HISTORY_SHARDS, startDevServer, startOnPostgres } from './callbacks/temporal/start-server.ts';
import { writeResults } from './callbacks/write-results.ts';
import { describeMachine, packageVersions, serverVersions } from './machine.ts';
import { rotated } from './rotated.ts';
import { runBench } from './run-bench.ts';
import { findBenchServers } from './servers/index.ts';

const PACKAGES = ['@temporalio/worker', 'bullmq', '@dbos-inc/dbos-sdk', 'pg-boss', 'ioredis', 'undici'];

const options = readOptions(process.argv.slice(2));
const cleanup = new Cleanup();
await runBench({
  run: () => run(options),
  seconds: options.minutes * 60,
  write: (results) => writeResults(results, options.out),
  isFaulty: ({ contenders }) => contenders.some(({ faults }) => faults.length > 0),
  cleanup,
});

async function run({ rounds, seconds, pairs, engines, contenders }: Options): Promise<Results> {
  const servers = await findBenchServers();
  const folder = mkdtempSync(join(tmpdir(), 'unfriend-bench-'));
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  const versions = { ...serverVersions(servers), ...packageVersions(...PACKAGES) };
  // Before anything is built or started, so that it shows who else is at work.
  const machine = describeMachine(folder, { ...versions, 'temporal-server': TEMPORAL_VERSION });
  const begun = performance.now();
  const effects = await startEffects(cleanup);
  machine.versions.OpenSearch = effects.openSearchVersion;
  const bench: Bench = { servers, effects, folder, cleanup, seconds, pairs };

  const entries = contenders.map((contender) => {
    const { name, label, meaning } = contender;
    return { contender, results: { name, label, meaning, notRun: [], measurements: [], faults: [] } };
  });
  for (let round = 1; round <= rounds; round += 1) {
    for (const engine of engines) {
      // No claim rests on it, and it would take a third of the time.
      if (engine === 'temporal-dev' && round > 1) continue;
      console.error(`round ${round} of ${rounds}: ${engine}`);
      const turns = entries
        .filter(({ contender }) => runsOn(contender, engine))
        .map((entry) => ({ ...entry, round, engine }));
      await measureEngine(engine, rotated(turns, round - 1), bench);
    }
  }
  return {
    date: new Date().toISOString(),
    rounds,
    seconds,
    minutes: (performance.now() - begun) / 60_000,
    historyShards: HISTORY_SHARDS,
    machine,
    contenders: entries.map(({ results }) => results),
  };
}

/** All contenders that run on an engine, on servers that are started for this round. */
async function measureEngine(engine: Engine, turns: Turn[], bench: Bench): Promise<void> {
  const part = bench.cleanup.part();
  try {
    const temporal = await startEngine(engine, { ...bench, cleanup: part });
    for (const turn of turns) {
      const { contender, results } = turn;
      const server = contender.on === 'queues' ? bench.servers[contender.needs] : undefined;
      if (server && server.path === undefined)
        noteNotRun(results, engine, `not installed: ${server.install}`);
      else await measureRound(turn, { ...bench, cleanup: part }, temporal);
    }
  } catch (error) {
    for (const { results } of turns)
      noteNotRun(results, engine, error instanceof Error ? error.message : `${error}`);
  } finally {
    await part.run();
  }
}

async function startEngine(engine: Engine, bench: Bench): Promise<TemporalPlace | undefined> {
  if (engine === 'queues') return undefined;
  const folder = mkdtempSync(join(bench.folder, `${engine}-`));
  const where = { folder, cleanup: bench.cleanup };
  if (engine === 'temporal-dev') return startDevServer(bench.servers, where);
  return startOnPostgres(await findTemporalServer((line) => console.error(line)), bench.servers, where);
}

function noteNotRun(results: ContenderResults, engine: Engine, why: string): void {
  console.error(`  ${results.label} on ${engine}: NOT RUN: ${why}`);
  if (!results.notRun.some((each) => each.engine === engine)) results.notRun.push({ engine, why });
}
