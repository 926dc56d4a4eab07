/**
 * What batches gain: `npm run bench:batches`. The same large delivery once in batches and once with an activity a
 * pair, one after the other in the same run, by `unfriend work` on a real Temporal, Redis, OpenSearch and webhook
 * receiver; afterwards every key, document and message is checked. Writes `batches.md` and `batches.json`.
 * Exit codes: 0 measured, 1 something was left undone or the run broke off, 2 wrong usage.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../../src/cli/arguments.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { Cleanup } from '../support/cleanup.ts';
import { twoWay } from '../support/recorded-acts.ts';
import { measureWay, WAYS } from './batches/measure-way.ts';
import { checkClaims, toMarkdown } from './batches/report.ts';
import type { BatchResults } from './batches/results.ts';
import { startStage } from './batches/stage.ts';
import { runBench } from './run-bench.ts';

const USAGE = `npm run bench:batches -- [options]
  --friends N   how many friendships end, each both ways (3000)
  --minutes N   after how long the run is broken off (25)
  --out DIR     where the results are written to (test/bench/results)`;

/** So many that everything was loaded and compiled before it is measured. */
const WARM_UP_FRIENDS = 20;

type Options = { friends: number; minutes: number; out: string };

const options = readOptions(process.argv.slice(2));
const cleanup = new Cleanup();
await runBench({
  run: () => run(options),
  seconds: options.minutes * 60,
  write: (results) => write(results, options.out),
  isFaulty: ({ ways }) => ways.some(({ faults }) => faults.length > 0),
  cleanup,
});

async function run({ friends }: Options): Promise<BatchResults> {
  const stage = await startStage(cleanup);
  for (const way of WAYS)
    await measureWay(stage, { ...way, label: `warm-up, ${way.label}` }, twoWay(WARM_UP_FRIENDS));
  const pairs = twoWay(friends);
  const ways = [];
  for (const way of WAYS) ways.push(await measureWay(stage, way, pairs));
  return { date: new Date().toISOString(), friends, pairs: pairs.length, machine: stage.machine, ways };
}

function write(results: BatchResults, out: string): void {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'batches.json'), `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(out, 'batches.md'), toMarkdown(results));
  for (const { text, ratio, verdict } of checkClaims(results))
    console.error(`${verdict}: ${text} (${ratio.toFixed(1)})`);
  for (const { label, faults } of results.ways) {
    for (const fault of faults) console.error(`FAULTY: ${label}: ${fault}`);
  }
  console.error(`The results are in ${join(out, 'batches.md')}.`);
}

/** Wrong usage ends the process with 2. */
function readOptions(args: string[]): Options {
  try {
    const { values } = parseArgs({
      args,
      options: {
        friends: { type: 'string', default: '3000' },
        minutes: { type: 'string', default: '25' },
        out: { type: 'string', default: `${PACKAGE_ROOT}/test/bench/results` },
      },
    });
    return {
      ...values,
      friends: wholeNumber(4_000)(values.friends),
      minutes: wholeNumber(600)(values.minutes),
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}
