/**
 * What the receiver promises in hard times: `npm run bench:receiver`. Temporal away under load, a start with a million
 * deliveries pending, workers on the same machine, a backlog, and a busy evening. Writes `receiver.md` and `receiver.json`.
 * Exit codes: 0 measured, 1 the run broke off, 2 wrong usage.
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
import { measureBesideWorkers } from './receiver/beside-workers.ts';
import { measureBacklog, measureBusyEvening } from './receiver/hand-over.ts';
import { measureOutage } from './receiver/outage.ts';
import { measurePending } from './receiver/pending.ts';
import { measureRestarts } from './receiver/restarts.ts';
import { type ReceiverResults, type Scenario, verdictOf, writeResults } from './receiver/results.ts';
import { runBench } from './run-bench.ts';

const SCENARIOS = ['pending', 'restarts', 'outage', 'workers', 'backlog', 'busy'] as const;
type ScenarioName = (typeof SCENARIOS)[number];

const USAGE = `npm run bench:receiver -- [options]
  --seconds N   how long Temporal is away, and how long a busy evening is (60)
  --pending N   how many deliveries are pending at a start (1000000)
  --backlog N   how many deliveries a receiver hands over at once (20000)
  --restarts N  how often a receiver is restarted with 0, 10,000 and so many pending (20)
  --only a,b    these scenarios alone: ${SCENARIOS.join(', ')}
  --out DIR     where the results are written to (test/bench/results)`;

const HEADING = {
  title: 'The receiver: an outage, a million pending, workers beside it, a backlog, a busy evening',
  command: 'bench:receiver',
};

const LIMIT_SECONDS = 1_800;
const FEW_PENDING = 10_000;

type Options = {
  seconds: number;
  pending: number;
  backlog: number;
  restarts: number;
  only: ScenarioName[];
  out: string;
};

const options = readOptions(process.argv.slice(2));
const cleanup = new Cleanup();
await runBench({
  run: () => run(options),
  seconds: LIMIT_SECONDS,
  write: (results) => writeResults(results, { out: options.out, name: 'receiver', heading: HEADING }),
  cleanup,
});

async function run({ seconds, pending, backlog, restarts, only }: Options): Promise<ReceiverResults> {
  const { temporalCli } = await findTestServers(['temporalCli']);
  if (!temporalCli.path) throw new Error(`No Temporal CLI. ${temporalCli.install}`);
  process.env.TEST_TEMPORAL_CLI = temporalCli.path;
  const folder = mkdtempSync(join(tmpdir(), 'unfriend-bench-'));
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  const machine = describeMachine(folder, packageVersions('koa', 'lmdb', '@temporalio/client'));

  type Measure = (part: Cleanup) => Promise<Scenario>;
  const restartsWith = (held: number): Measure => {
    return (part) => measureRestarts({ pending: held, restarts }, part, folder);
  };
  const measures: Record<ScenarioName, Measure[]> = {
    pending: [(part) => measurePending(pending, part, folder)],
    restarts: [0, FEW_PENDING, pending].map(restartsWith),
    outage: [(part) => measureOutage(seconds, part, folder)],
    workers: [(part) => measureBesideWorkers(part, folder)],
    backlog: [(part) => measureBacklog(backlog, part, folder)],
    busy: [(part) => measureBusyEvening(seconds, part, folder)],
  };
  const scenarios = [];
  for (const measure of only.flatMap((name) => measures[name])) {
    const part = cleanup.part();
    const scenario = await measure(part);
    await part.run();
    scenarios.push(scenario);
    for (const figure of scenario.figures) {
      console.error(
        `${scenario.name}: ${figure.what}: ${figure.value.toFixed(1)} ${figure.unit} ${verdictOf(figure) ?? ''}`,
      );
    }
  }
  return { date: new Date().toISOString(), machine, scenarios };
}

/** Wrong usage ends the process with 2. */
function readOptions(args: string[]): Options {
  try {
    const { values } = parseArgs({
      args,
      options: {
        seconds: { type: 'string', default: '60' },
        pending: { type: 'string', default: '1000000' },
        backlog: { type: 'string', default: '20000' },
        restarts: { type: 'string', default: '20' },
        only: { type: 'string', default: SCENARIOS.join() },
        out: { type: 'string', default: `${PACKAGE_ROOT}/test/bench/results` },
      },
    });
    return {
      out: values.out,
      seconds: wholeNumber(600)(values.seconds),
      pending: wholeNumber(1_500_000)(values.pending),
      backlog: wholeNumber(1_000_000)(values.backlog),
      restarts: wholeNumber(100)(values.restarts),
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
