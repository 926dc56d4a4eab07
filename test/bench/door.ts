/**
 * What strangers can do to a receiver: `npm run bench:door`. Thousands of connections stall in the middle of large
 * requests, and callbacks come meanwhile. Writes `door.md` and `door.json`. With `--hostile N`, N hostile requests of all kinds come
 * instead. Then it writes `door-hostile.md` and `door-hostile.json`.
 * Exit codes: 0 measured, 1 something promised was not met or the run broke off, 2 wrong usage.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../../src/cli/arguments.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { Cleanup } from '../support/cleanup.ts';
import { findTestServers } from '../support/servers/find-servers.ts';
import { measureHostile } from './door/hostile.ts';
import { measureDoor } from './door/measure.ts';
import { SCENARIOS } from './door/scenarios.ts';
import { describeMachine, packageVersions } from './machine.ts';
import { type ReceiverResults, verdictOf, writeResults } from './receiver/results.ts';
import { runBench } from './run-bench.ts';

const USAGE = `npm run bench:door -- [options]
  --strangers N   how many connections stall (2000)
  --seconds N     how long callbacks come meanwhile (30)
  --hostile N     instead: N hostile requests, such as 1000000, beside 100 callbacks a second
  --out DIR       where the results are written to (test/bench/results)`;

const HOSTILE_HEADING = {
  title: 'The door: callbacks beside hostile requests',
  command: 'bench:door -- --hostile',
};
/** The fewest hostile requests per second with which a run is worth waiting for. */
const SLOWEST = 250;
/** What their run may take beside them, in seconds: the start, the warm-up, and slow requests that end late. */
const HOSTILE_PATIENCE_SECONDS = 400;

const HEADING = { title: 'The door: callbacks beside connections that stall', command: 'bench:door' };

/** What a scenario may take beyond its callbacks, in seconds, before the run breaks off. */
const PATIENCE_SECONDS = 120;

type Options = { strangers: number; seconds: number; hostile: number | undefined; out: string };

const options = readOptions(process.argv.slice(2));
const cleanup = new Cleanup();
await runBench({
  run: () => run(options),
  seconds: options.hostile
    ? options.hostile / SLOWEST + HOSTILE_PATIENCE_SECONDS
    : SCENARIOS.length * (options.seconds + PATIENCE_SECONDS),
  write: (results) =>
    writeResults(results, {
      out: options.out,
      name: options.hostile ? 'door-hostile' : 'door',
      heading: options.hostile ? HOSTILE_HEADING : HEADING,
    }),
  cleanup,
});

async function run({ strangers, seconds, hostile }: Options): Promise<ReceiverResults> {
  const { temporalCli } = await findTestServers(['temporalCli']);
  if (!temporalCli.path) throw new Error(`No Temporal CLI. ${temporalCli.install}`);
  process.env.TEST_TEMPORAL_CLI = temporalCli.path;
  const folder = mkdtempSync(join(tmpdir(), 'unfriend-bench-'));
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  const machine = describeMachine(folder, packageVersions('koa', 'lmdb'));

  const measures = hostile
    ? [(part: Cleanup) => measureHostile(hostile, folder, part)]
    : SCENARIOS.map(
        (scenario) => (part: Cleanup) => measureDoor(scenario, { strangers, seconds, folder }, part),
      );
  const scenarios = [];
  for (const measure of measures) {
    const part = cleanup.part();
    const measured = await measure(part);
    await part.run();
    scenarios.push(measured);
    for (const figure of measured.figures) {
      const verdict = verdictOf(figure);
      if (verdict === 'NOT MET') process.exitCode = 1;
      console.error(
        `${measured.name}: ${figure.what}: ${figure.value.toFixed(1)} ${figure.unit} ${verdict ?? ''}`,
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
        strangers: { type: 'string', default: '2000' },
        seconds: { type: 'string', default: '30' },
        hostile: { type: 'string' },
        out: { type: 'string', default: `${PACKAGE_ROOT}/test/bench/results` },
      },
    });
    return {
      out: values.out,
      strangers: wholeNumber(10_000)(values.strangers),
      seconds: wholeNumber(600)(values.seconds),
      hostile: values.hostile === undefined ? undefined : wholeNumber(10_000_000)(values.hostile),
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}
