/**
 * What it means that Unfriend stands in front of the app's own endpoint: `npm run bench:relay`. What a callback that is
 * passed through costs, an endpoint that is killed again and again, and one that hangs. Writes `relay.md` and
 * `relay.json`. Exit codes: 0 measured, 1 something promised was not met or the run broke off, 2 wrong usage.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../../src/cli/arguments.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { Cleanup } from '../support/cleanup.ts';
import { findTestServers } from '../support/servers/find-servers.ts';
import { describeMachine, packageVersions } from './machine.ts';
import { type ReceiverResults, type Scenario, verdictOf, writeResults } from './receiver/results.ts';
import { measureCost } from './relay/cost.ts';
import { measureHang } from './relay/hang.ts';
import { measureKills } from './relay/kills.ts';
import { runBench } from './run-bench.ts';

const SCENARIOS = ['cost', 'kills', 'hang'] as const;
type ScenarioName = (typeof SCENARIOS)[number];

const USAGE = `npm run bench:relay -- [options]
  --rounds N     how often each way is measured, where ways are compared (7)
  --callbacks N  how many come while the endpoint is killed again and again (10000)
  --kills N      how often it is killed (20)
  --only a,b     these scenarios alone: ${SCENARIOS.join(', ')}
  --out DIR      where the results are written to (test/bench/results)`;

const HEADING = {
  title: 'The relay: what it costs, an endpoint that is killed, one that hangs',
  command: 'bench:relay',
};

/** With the default options a run on a quiet machine takes about seven minutes. */
const LIMIT_SECONDS = 600;

type Options = { rounds: number; callbacks: number; kills: number; only: ScenarioName[]; out: string };

const options = readOptions(process.argv.slice(2));
const cleanup = new Cleanup();
await runBench({
  run: () => run(options),
  seconds: LIMIT_SECONDS,
  write: (results) => writeResults(results, { out: options.out, name: 'relay', heading: HEADING }),
  cleanup,
});

async function run({ rounds, callbacks, kills, only }: Options): Promise<ReceiverResults> {
  const { temporalCli } = await findTestServers(['temporalCli']);
  if (!temporalCli.path) throw new Error(`No Temporal CLI. ${temporalCli.install}`);
  process.env.TEST_TEMPORAL_CLI = temporalCli.path;
  const folder = mkdtempSync(join(tmpdir(), 'unfriend-bench-'));
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  const machine = describeMachine(folder, packageVersions('koa', 'undici', 'lmdb', '@temporalio/client'));

  const measures: Record<ScenarioName, (part: Cleanup) => Promise<Scenario>> = {
    cost: (part) => measureCost(rounds, part, folder),
    kills: (part) => measureKills({ callbacks, kills, folder }, part),
    hang: (part) => measureHang(rounds, part, folder),
  };
  const scenarios = [];
  for (const name of only) {
    const part = cleanup.part();
    const scenario = await measures[name](part);
    await part.run();
    scenarios.push(scenario);
    report(scenario);
  }
  return { date: new Date().toISOString(), machine, scenarios };
}

function report({ name, figures }: Scenario): void {
  for (const figure of figures) {
    const verdict = verdictOf(figure);
    if (verdict === 'NOT MET') process.exitCode = 1;
    console.error(`${name}: ${figure.what}: ${figure.value.toFixed(1)} ${figure.unit} ${verdict ?? ''}`);
  }
}

/** Wrong usage ends the process with 2. */
function readOptions(args: string[]): Options {
  try {
    const { values } = parseArgs({
      args,
      options: {
        rounds: { type: 'string', default: '7' },
        callbacks: { type: 'string', default: '10000' },
        kills: { type: 'string', default: '20' },
        only: { type: 'string', default: SCENARIOS.join() },
        out: { type: 'string', default: `${PACKAGE_ROOT}/test/bench/results` },
      },
    });
    return {
      out: values.out,
      rounds: wholeNumber(50)(values.rounds),
      callbacks: wholeNumber(20_000)(values.callbacks),
      kills: wholeNumber(100)(values.kills),
      only: values.only.split(',').map(scenarioNamed),
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}

function scenarioNamed(name: string): ScenarioName {
  const found = SCENARIOS.find((each) => each === name.trim());
  if (!found) throw new Error(`--only: no scenario named ${name}`);
  return found;
}
