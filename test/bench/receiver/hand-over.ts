import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FRIEND_DELETE } from '../../../src/callback/schema.ts';
import type { Cleanup } from '../../support/cleanup.ts';
import { KillableReceiver, KillableTemporal } from '../../support/doubles/killable.ts';
import { fillJournal } from '../../support/inputs/fill-journal.ts';
import { SDK_APP_ID, TOKEN } from '../app.ts';
import { type RelayLoad, startRelayGenerator } from '../relay/load.ts';
import { BareClient } from './bare-load.ts';
import type { Scenario } from './results.ts';

/** Nobody listens there. */
const NO_TEMPORAL = '127.0.0.1:1';

/** How often the receiver is asked what is left, in ms. Each answer costs it some milliseconds. */
const LOOK_MS = 500;

/** How long the bare client starts workflows, before and after the receiver does, in seconds. */
const BARE_SECONDS = 15;

const RATE = 1_000;
const CONNECTIONS = 128;
const WARM_UP = { rate: 200, seconds: 3 };

/** A receiver starts on a journal with many deliveries, and hands them over as fast as the server takes them. */
export async function measureBacklog(count: number, cleanup: Cleanup, folder: string): Promise<Scenario> {
  const temporal = await startTemporal(cleanup);
  const bare = new BareClient(temporal.address, cleanup);
  const concurrency = await bare.bestConcurrency();
  const dir = join(folder, 'backlog');
  await fillJournal(join(dir, 'journal'), count);
  const loadBefore = loadavg()[0] ?? 0;
  const before = await bare.start(concurrency, BARE_SECONDS);

  const receiver = await startReceiver({ dir, address: temporal.address }, cleanup);
  const from = { at: performance.now(), pending: await receiver.metric('unfriend_journal_pending') };
  while ((await receiver.metric('unfriend_journal_pending')) > 0) await delay(LOOK_MS);
  const handedOver = (1_000 * from.pending) / (performance.now() - from.at);
  const retried = await receiver.metric('unfriend_journal_start_retries_total');
  await receiver.kill();

  const after = await bare.start(concurrency, BARE_SECONDS);
  const bareRate = (before.perSecond + after.perSecond) / 2;
  return {
    name: `A backlog of ${count.toLocaleString('en')} deliveries`,
    how: `A receiver starts on them, on a server whose data are in memory. The time is from its open journal to an empty one. A bare client starts the same workflows on the same server for ${BARE_SECONDS} s before and after, ${concurrency} at the same time, which is its best of several.`,
    loadBefore,
    figures: [
      { what: 'a bare client before, starts per second', value: before.perSecond, unit: '' },
      { what: 'a bare client after, starts per second', value: after.perSecond, unit: '' },
      { what: 'deliveries handed over per second', value: handedOver, unit: '' },
      { what: 'starts that were tried again', value: retried, unit: '' },
      {
        what: 'handed over, compared with the bare client',
        value: handedOver / bareRate,
        unit: 'times',
        atLeast: 0.9,
      },
    ],
  };
}

/** A busy evening: callbacks come at a steady rate all the time, and Temporal is up. */
export async function measureBusyEvening(
  seconds: number,
  cleanup: Cleanup,
  folder: string,
): Promise<Scenario> {
  const temporal = await startTemporal(cleanup);
  const bare = new BareClient(temporal.address, cleanup);
  const concurrency = await bare.bestConcurrency();
  const generator = startRelayGenerator(cleanup);
  const send = (url: string, how: { rate: number; seconds: number }): Promise<RelayLoad> =>
    generator.measure({ url, command: FRIEND_DELETE, connections: CONNECTIONS, ...how });
  const loadBefore = loadavg()[0] ?? 0;

  const journaling = await startReceiver({ dir: join(folder, 'journaling'), address: NO_TEMPORAL }, cleanup);
  await send(journaling.url, WARM_UP);
  const idle = await send(journaling.url, { rate: RATE, seconds: BARE_SECONDS });
  const [beside, started] = await Promise.all([
    send(journaling.url, { rate: RATE, seconds }),
    bare.start(concurrency, seconds),
  ]);
  await journaling.kill();

  const receiver = await startReceiver({ dir: join(folder, 'busy'), address: temporal.address }, cleanup);
  await send(receiver.url, WARM_UP);
  const before = await dispatched(receiver);
  const from = performance.now();
  const busy = await send(receiver.url, { rate: RATE, seconds });
  const handedOver = (1_000 * ((await dispatched(receiver)) - before)) / (performance.now() - from);
  await receiver.kill();
  return {
    name: `A busy evening: ${RATE.toLocaleString('en')} callbacks a second for ${seconds} s, with Temporal up`,
    how: `The callbacks are sent at a steady rate, whatever the answers do; times are from the moment at which a callback was due. For comparison, a bare client starts the same workflows on the same server while a receiver takes the same load and hands over nothing; ${concurrency} at the same time, which is its best of several.`,
    loadBefore,
    figures: [
      { what: 'answered `OK`', value: busy.unfriend, unit: '', atLeast: RATE * seconds },
      { what: 'answers, p50', value: busy.p50, unit: 'ms' },
      { what: 'answers, p99', value: busy.p99, unit: 'ms', atMost: 50 },
      { what: 'answers while nothing is handed over, p99', value: idle.p99, unit: 'ms' },
      { what: 'answers while the bare client starts workflows instead, p99', value: beside.p99, unit: 'ms' },
      { what: 'a bare client under this load, starts per second', value: started.perSecond, unit: '' },
      { what: 'deliveries handed over per second', value: handedOver, unit: '' },
      {
        what: 'handed over, compared with the bare client',
        value: handedOver / started.perSecond,
        unit: 'times',
        atLeast: 0.7,
      },
    ],
  };
}

function dispatched(receiver: KillableReceiver): Promise<number> {
  return receiver.metric('unfriend_journal_dispatched_total');
}

async function startTemporal(cleanup: Cleanup): Promise<KillableTemporal> {
  const temporal = await KillableTemporal.start();
  cleanup.defer(() => temporal.stop());
  return temporal;
}

async function startReceiver(
  { dir, address }: { dir: string; address: string },
  cleanup: Cleanup,
): Promise<KillableReceiver> {
  const receiver = await KillableReceiver.start({
    SDK_APP_ID,
    CALLBACK_TOKEN: TOKEN,
    DATA_DIR: dir,
    TEMPORAL_ADDRESS: address,
    NODE_ENV: 'production',
    LOG_LEVEL: 'error',
  });
  cleanup.defer(() => receiver.kill());
  return receiver;
}
