import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { pino } from 'pino';
import { firstDeliveryId, type Starter, seenKey } from '../../src/callback/delivery-id.ts';
import { Dispatcher } from '../../src/journal/dispatcher.ts';
import { JournalStore } from '../../src/journal/store.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import type { DeliveryToStart } from '../../src/temporal/start-delivery.ts';
import { callbackOf } from '../support/callbacks.ts';
import { memoryFolder } from '../support/temporal.ts';
import { until } from '../support/until.ts';

/** In the journal, and handed over in this order. */
const REQUEST_IDS = ['first', 'second', 'third'];

let folder: ReturnType<typeof memoryFolder>;
let store: JournalStore;
let dispatcher: Dispatcher | undefined;
beforeEach(async () => {
  folder = memoryFolder();
  store = await JournalStore.open({ dir: folder.path });
  for (const requestId of REQUEST_IDS) {
    const { key, receivedAt, pairs, sdkAppId } = callbackOf({ requestId });
    const deliveryId = firstDeliveryId(key, receivedAt);
    const pending = { delivery: { deliveryId, receivedAt, sdkAppId }, pairs, ...key };
    await store.append([{ pending, seenKey: seenKey(key.origin, deliveryId) }]);
  }
});
afterEach(async () => {
  await dispatcher?.stop(0);
  await store.close();
  folder.remove();
});

/** A dispatcher on that journal, with what it started and logged. */
function startDispatcher() {
  const started: string[] = [];
  const starter: Starter<DeliveryToStart> = {
    start: async ({ delivery }) => {
      started.push(delivery.deliveryId);
      return 'started';
    },
    look: async () => 'absent',
  };
  const lines: { msg: string; deliveryId?: string }[] = [];
  const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) });
  const { journal: metrics } = createMetrics();
  const running = new Dispatcher({ store, starter, pressure: { isHigh: false }, metrics, logger });
  running.start();
  dispatcher = running;
  const count = async (of: 'dispatched' | 'retried') => (await metrics[of].get()).values[0]?.value;
  return { running, started, lines, count };
}

/** The disk refuses what removes an entry, until it is mended. */
function refuseRemovals(): { tried: number; mend(): void } {
  const refusals = { tried: 0, mend: () => Reflect.deleteProperty(store, 'removePending') };
  store.removePending = async () => {
    refusals.tried += 1;
    throw new Error('no space left on device');
  };
  return refusals;
}

test('given deliveries that were started and can not be removed from the journal, then the log says so, and they are removed later without being started again', async () => {
  const refusals = refuseRemovals();
  const { running, started, lines, count } = startDispatcher();
  await until('each to be tried again', () => refusals.tried >= 2 * REQUEST_IDS.length);
  assert.deepEqual(started, REQUEST_IDS);
  refusals.mend();
  await until('the journal to be empty', () => store.pendingCount === 0);
  await running.stop(1_000);

  assert.deepEqual(started, REQUEST_IDS);
  assert.equal(await count('dispatched'), REQUEST_IDS.length);
  assert.equal(await count('retried'), 0);
  const about = lines.filter(({ deliveryId }) => deliveryId === 'first').map(({ msg }) => msg);
  assert.deepEqual(about, [
    'delivery handed over to Temporal',
    'a delivery was handed over to Temporal, and can not be removed from the journal: later again',
  ]);
});

test('given a journal that no write goes to any more, then what is pending is handed over all the same, each once, and a stop does not wait for it', async () => {
  const refusals = refuseRemovals();
  Object.defineProperty(store, 'writeFailure', { value: 'no space left on device' });
  const { running, started } = startDispatcher();
  await until('all to be handed over', () => refusals.tried === REQUEST_IDS.length);
  const startedAt = performance.now();
  await running.stop(60_000);
  assert.ok(performance.now() - startedAt < 20_000, 'nothing is left that could be handed over');
  assert.deepEqual(started, REQUEST_IDS);
  assert.equal(refusals.tried, REQUEST_IDS.length);
});
