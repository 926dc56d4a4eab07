/**
 * The long run of the fault tests: `npm run soak -- --callbacks 100000 --minutes 60 --rate 100 --seed 7`.
 * Faults of all kinds in a random order, under load, until so many callbacks are acknowledged or the time is over;
 * then the whole ledger is compared with Temporal. Ends with 0 only when nothing was lost, doubled or invented.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { findTestServers } from '../support/find-servers.ts';
import { endReceivers, KillableReceiver, KillableTemporal } from '../support/killable.ts';
import { temporaryFolder } from '../support/temporal.ts';
import { FAULTS, type Fault, mountSmallDisk } from './faults.ts';

/** Between two faults, in ms. */
const SHORTEST_PAUSE = 500;
const LONGEST_PAUSE = 6_000;
/** As long as there is any backlog Temporal needs for it, in ms a callback: some 20 starts a second at worst. */
const DRAIN_MS_EACH = 50;
/** With so many pending, faults wait, so that the run ends in time. */
const BACKLOG = 5_000;

const { values } = parseArgs({
  options: {
    callbacks: { type: 'string', default: '100000' },
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const wanted = Number(values.callbacks);
const deadline = performance.now() + Number(values.minutes) * 60_000;
const random = seeded(Number(values.seed));
console.log(
  `soak: ${wanted} callbacks, ${values.minutes} min at most, ${values.rate}/s, --seed ${values.seed}`,
);

const cli = (await findTestServers()).temporalCli;
if (!cli.path) throw new Error(cli.install);
process.env.TEST_TEMPORAL_CLI = cli.path;
process.env.TEMPORAL_CONFIG_FILE = new URL('../support/no-temporal-profile.toml', import.meta.url).pathname;

const folder = temporaryFolder();
const disk = mountSmallDisk(join(folder.path, 'disk'));
if (!disk)
  console.log('NOT RUN: a full disk. It needs a small disk of its own, and mounting one needs root.');
const temporal = await KillableTemporal.start(join(folder.path, 'temporal'));
const receiver = await KillableReceiver.start({
  DATA_DIR: join(folder.path, 'data'),
  JOURNAL_DIR: join(disk ?? folder.path, 'journal'),
  TEMPORAL_ADDRESS: temporal.address,
});
const { ledger } = receiver;
try {
  process.exitCode = (await soak()) ? 0 : 1;
} finally {
  await endReceivers();
  await temporal.stop();
  if (disk) execFileSync('umount', [disk]);
  folder.remove();
}

async function soak(): Promise<boolean> {
  const counts = new Map<string, number>();
  const load = ledger.load(() => receiver.url, Number(values.rate));
  while (ledger.acknowledged < wanted && performance.now() < deadline) {
    await delay(SHORTEST_PAUSE + random() * (LONGEST_PAUSE - SHORTEST_PAUSE));
    const pending = await receiver.metric('unfriend_journal_pending').catch(() => Number.NaN);
    if (pending > BACKLOG) continue;
    const fault = pick();
    await fault.run({ temporal, receiver, disk, random });
    counts.set(fault.name, (counts.get(fault.name) ?? 0) + 1);
    report(`${fault.name} (pending before: ${pending})`);
  }
  await load.stop();
  report('load ended; waiting for the journal');
  await receiver.drained(60_000 + ledger.entries.length * DRAIN_MS_EACH);
  report('the journal is empty; comparing with Temporal');
  const faults = await ledger.faults(temporal.client);
  console.log('faults done:', Object.fromEntries(counts));
  for (const [kind, found] of Object.entries(faults))
    console.log(`${kind}: ${found.length}`, ...found.slice(0, 10));
  return Object.values(faults).every((found) => found.length === 0) && ledger.acknowledged > 0;
}

function pick(): Fault {
  const possible = FAULTS.filter(({ needsDisk }) => disk || !needsDisk);
  return possible[Math.floor(random() * possible.length)] as Fault;
}

function report(what: string): void {
  const { refused, unknown } = ledger.failures;
  const left = Math.max(0, Math.round((deadline - performance.now()) / 60_000));
  const sorted = ledger.latencies.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
  console.log(
    `${new Date().toISOString()} ${ledger.acknowledged}/${wanted} OK, ${refused} refused, ${unknown} without answer, p50 ${at(0.5)} p99 ${at(0.99)} ms, ${left} min left: ${what}`,
  );
}

/** Mulberry32: the same faults in the same order for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
