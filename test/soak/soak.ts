/** The long run of the fault tests: `npm run soak`; `--help` says more. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endReceivers, KillableReceiver, KillableTemporal } from '../support/doubles/killable.ts';
import { seeded } from '../support/inputs/seeded.ts';
import { findTestServers } from '../support/servers/find-servers.ts';
import { temporaryFolder } from '../support/servers/temporal.ts';
import { FAULTS, type Fault, mountSmallDisk } from './faults.ts';
import { readOptions } from './options.ts';

/** Between two faults at least, in ms. */
const SHORTEST_PAUSE = 500;
const PROGRESS_MS = 10_000;
/** With so many pending the load waits: what Temporal starts is the limit, and the end must come in time. */
const BACKLOG = 2_000;
const DRAIN_WITHIN_MS = 300_000;

const options = readOptions();
const random = seeded(options.seed);
const startedAt = performance.now();
const { callbacks, minutes, rate, seed } = options;
console.log(`soak: ${callbacks} callbacks, ${minutes} min at most, ${rate}/s at most, --seed ${seed}`);

process.env.TEST_TEMPORAL_CLI ??= await findCli();
process.env.TEMPORAL_CONFIG_FILE = new URL('../support/no-temporal-profile.toml', import.meta.url).pathname;

const folder = temporaryFolder();
const disk = mountSmallDisk(join(folder.path, 'disk'));
if (!disk)
  console.log('NOT RUN: a full disk. It needs a small disk of its own, and mounting one needs root.');
const temporal = await KillableTemporal.start();
const receiver = await KillableReceiver.start({
  DATA_DIR: join(folder.path, 'data'),
  JOURNAL_DIR: join(disk ?? folder.path, 'journal'),
  TEMPORAL_ADDRESS: temporal.address,
});
const { ledger } = receiver;
let pending = 0;
let doing = 'load';
const progress = setInterval(() => void look().then(report), PROGRESS_MS);
const watching = setInterval(() => void look(), 1_000);
try {
  process.exitCode = (await soak()) ? 0 : 1;
} finally {
  clearInterval(progress);
  clearInterval(watching);
  await endReceivers();
  await temporal.stop();
  if (disk) execFileSync('umount', [disk]);
  folder.remove();
}

async function soak(): Promise<boolean> {
  const load = ledger.load(
    () => receiver.url,
    rate,
    () => pending > BACKLOG,
  );
  const done = await doFaults();
  doing = 'load ended; waiting for the journal';
  report();
  await load.stop();
  await receiver.drained(DRAIN_WITHIN_MS);
  doing = 'the journal is empty; comparing with Temporal';
  await look();
  report();
  const faults = await ledger.faults(temporal.client);
  console.log('faults done:', Object.fromEntries(done));
  for (const [kind, found] of Object.entries(faults))
    console.log(`${kind}: ${found.length}`, ...found.slice(0, 10));
  console.log(
    `${kills(done)} times kill -9; ${Math.round((performance.now() - startedAt) / 1_000)} s in all`,
  );
  return Object.values(faults).every((found) => found.length === 0) && ledger.acknowledged > 0;
}

/** One after the other, until the load has done its part. */
async function doFaults(): Promise<Map<string, number>> {
  const done = new Map<string, number>();
  const deadline = startedAt + minutes * 60_000;
  const isOver = () => ledger.acknowledged >= callbacks || performance.now() > deadline;
  while (!isOver()) {
    const until = performance.now() + SHORTEST_PAUSE + random() * options.pause * 1_000;
    while (!isOver() && performance.now() < until) await delay(50);
    if (isOver()) break;
    const fault = pick();
    doing = fault.name;
    await fault.run({ temporal, receiver, disk, random });
    doing = 'load';
    done.set(fault.name, (done.get(fault.name) ?? 0) + 1);
  }
  return done;
}

function pick(): Fault {
  const possible = FAULTS.filter(({ needsDisk }) => disk || !needsDisk);
  return possible[Math.floor(random() * possible.length)] as Fault;
}

function kills(done: Map<string, number>): number {
  return FAULTS.reduce((total, { name, kills: each = 0 }) => total + each * (done.get(name) ?? 0), 0);
}

/** A receiver that is down has what it had. */
async function look(): Promise<void> {
  pending = await receiver.metric('unfriend_journal_pending').catch(() => pending);
}

function report(): void {
  const { refused, unknown } = ledger.failures;
  const sorted = ledger.latencies.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  console.log(
    `${seconds} s: ${ledger.acknowledged} OK, ${pending} pending, ${refused} refused, ${unknown} without answer, p50 ${at(0.5)} p99 ${at(0.99)} ms: ${doing}`,
  );
}

async function findCli(): Promise<string> {
  const { path, install } = (await findTestServers(['temporalCli'])).temporalCli;
  if (!path) throw new Error(install);
  return path;
}
