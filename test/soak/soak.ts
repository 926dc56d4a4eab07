/** The long run of the fault tests: `npm run soak`; `--help` says more. */
import { setTimeout as delay } from 'node:timers/promises';
import { Cleanup } from '../support/cleanup.ts';
import { seeded } from '../support/inputs/seeded.ts';
import { findTestServers, type ServerName } from '../support/servers/find-servers.ts';
import { accountFor } from '../support/side-effect-accounts.ts';
import { until } from '../support/until.ts';
import { FAULTS, type Fault } from './faults.ts';
import { readOptions } from './options.ts';
import { SoakStage } from './stage.ts';

/** Between two faults at least, in ms. */
const SHORTEST_PAUSE = 500;
const PROGRESS_MS = 10_000;
const LOOK_MS = 2_000;
/** With so many unfinished the load waits: what is finished is the limit, and the end must come in time. */
const BACKLOG = 2_000;
const DRAIN_WITHIN_MS = 300_000;
/** What failed late waits for its next try, in ms. */
const FINISH_WITHIN_MS = 900_000;

const options = readOptions();
const random = seeded(options.seed);
const startedAt = performance.now();
const { callbacks, minutes, rate, seed } = options;
console.log(`soak: ${callbacks} callbacks, ${minutes} min at most, ${rate}/s at most, --seed ${seed}`);

await findServers();
process.env.TEMPORAL_CONFIG_FILE = new URL('../support/no-temporal-profile.toml', import.meta.url).pathname;

const cleanup = new Cleanup();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void cleanup.run().then(() => process.exit(1)));
const stage = await SoakStage.start(cleanup).catch(async (error: unknown) => {
  await cleanup.run();
  throw error;
});
if (!stage.disk)
  console.log('NOT RUN: a full disk. It needs a small disk of its own, and mounting one needs root.');
const { ledger } = stage.receiver;
/** Deliveries in the journal, and open in Temporal. */
let [pending, running] = [0, 0];
let doing = 'load';
/** When something was away that causes repeats. */
const kills: { from: number; until: number }[] = [];
const progress = setInterval(report, PROGRESS_MS);
const watching = setInterval(() => void look(), LOOK_MS);
try {
  process.exitCode = (await soak()) ? 0 : 1;
} finally {
  clearInterval(progress);
  clearInterval(watching);
  stage.stopStoring();
  await cleanup.run();
}

async function soak(): Promise<boolean> {
  const storing = stage.storeFriends();
  const mustWait = () => pending + running > BACKLOG || ledger.entries.length >= stage.stored;
  const load = ledger.load(() => stage.receiver.url, rate, mustWait);
  // Without friendships there is nothing to send: the run breaks off when they can't be stored any more.
  const done = await Promise.race([doFaults(), storing.then(() => new Map<string, number>())]);
  doing = 'load ended; waiting for the journal';
  report();
  await load.stop();
  stage.stopStoring();
  await storing;
  await stage.receiver.drained(DRAIN_WITHIN_MS);
  doing = 'the journal is empty; waiting for the last side effects';
  await finished();
  doing = 'comparing';
  report();
  console.log('faults done:', Object.fromEntries(done));
  const ofTemporal = await ledger.faults(stage.temporal.client);
  const effects = accountFor(ledger.entries, { ...(await stage.done(ledger.entries.length)), kills });
  const found = {
    ...ofTemporal,
    ...prefixed('side effects ', effects.faults),
    'still open': Array.from({ length: await stage.running() }, () => 'a delivery'),
    "others' keys and documents gone": await stage.bystandersGone(),
  };
  for (const [kind, all] of Object.entries(found)) console.log(`${kind}: ${all.length}`, ...all.slice(0, 10));
  const { messages, relayed } = effects.repeatsAfterKills;
  console.log(
    `came again after a kill, under the same key: ${messages} messages, ${relayed} relayed callbacks`,
  );
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  console.log(`${ledger.acknowledged} acknowledged; ${countKills(done)} times kill -9; ${seconds} s in all`);
  return Object.values(found).every((all) => all.length === 0) && ledger.acknowledged > 0;
}

/** One after the other, until the load has done its part. */
async function doFaults(): Promise<Map<string, number>> {
  const done = new Map<string, number>();
  const deadline = startedAt + minutes * 60_000;
  const isOver = () => ledger.acknowledged >= callbacks || performance.now() > deadline;
  while (!isOver()) {
    const next = performance.now() + SHORTEST_PAUSE + random() * options.pause * 1_000;
    while (!isOver() && performance.now() < next) await delay(50);
    if (isOver()) break;
    const fault = pick();
    doing = fault.name;
    const from = Date.now();
    await fault.run({ ...victims(), random });
    if (fault.causesRepeats) kills.push({ from, until: Date.now() });
    doing = 'load';
    done.set(fault.name, (done.get(fault.name) ?? 0) + 1);
  }
  return done;
}

function victims() {
  const { temporal, receiver, worker, redis, openSearch, endpoint, disk } = stage;
  return { temporal, receiver, worker, redis, openSearch, endpoint, disk };
}

function pick(): Fault {
  const possible = FAULTS.filter(({ needsDisk }) => stage.disk || !needsDisk);
  return possible[Math.floor(random() * possible.length)] as Fault;
}

function countKills(done: Map<string, number>): number {
  return FAULTS.reduce((total, { name, kills: each = 0 }) => total + each * (done.get(name) ?? 0), 0);
}

/** Waits until no delivery is open but those that are parked, which stay open. Each that is still open is a fault. */
async function finished(): Promise<void> {
  await until(
    'every delivery to be finished',
    async () => {
      await delay(LOOK_MS);
      return (await stage.running()) - (await stage.parked()) <= 0;
    },
    FINISH_WITHIN_MS,
  ).catch((error: Error) => console.error(error.message));
}

/** What is down, or has no such metric yet, has what it had. */
async function look(): Promise<void> {
  const inJournal = await stage.receiver.metric('unfriend_journal_pending').catch(() => Number.NaN);
  if (!Number.isNaN(inJournal)) pending = inJournal;
  running = await stage.running().catch(() => running);
}

function report(): void {
  const { refused, unknown } = ledger.failures;
  const sorted = ledger.latencies.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  const counts = `${ledger.acknowledged} OK, ${pending} pending, ${running} open`;
  const failed = `${refused} refused, ${unknown} without answer`;
  console.log(`${seconds} s: ${counts}, ${failed}, p50 ${at(0.5)} p99 ${at(0.99)} ms: ${doing}`);
}

function prefixed(prefix: string, faults: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(faults).map(([kind, found]) => [`${prefix}${kind}`, found]));
}

async function findServers(): Promise<void> {
  const names = ['temporalCli', 'redis', 'ownOpenSearch'] as const satisfies ServerName[];
  const { temporalCli, redis, ownOpenSearch } = await findTestServers(names);
  for (const { path, install } of [temporalCli, redis, ownOpenSearch]) if (!path) throw new Error(install);
  process.env.TEST_TEMPORAL_CLI ??= temporalCli.path;
  process.env.TEST_REDIS_SERVER ??= redis.path;
}
