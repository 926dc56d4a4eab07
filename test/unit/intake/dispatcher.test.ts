import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Metadata, status } from '@grpc/grpc-js';
import { ServiceError } from '@temporalio/client';
import { pino } from 'pino';
import { firstDeliveryId, type Starter, seenKey } from '../../../src/callback/delivery-id.ts';
import { Dispatcher } from '../../../src/intake/dispatcher.ts';
import { JournalStore } from '../../../src/journal/store.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import type { DeliveryToStart } from '../../../src/temporal/start/start-delivery.ts';
import { callbackOf } from '../../support/inputs/callbacks.ts';
import { memoryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

const UNAVAILABLE = grpcError(status.UNAVAILABLE, 'a shard has no owner');
const EXHAUSTED = grpcError(status.RESOURCE_EXHAUSTED, 'namespace rate limit exceeded');

function grpcError(code: status, details: string): Error {
  return Object.assign(new Error(details), { code, details, metadata: new Metadata() });
}

/** In the journal, and handed over in this order. */
const REQUEST_IDS = ['first', 'second', 'third'];

let folder: ReturnType<typeof memoryFolder>;
let store: JournalStore;
let dispatcher: Dispatcher | undefined;
beforeEach(async () => {
  folder = memoryFolder();
  store = await JournalStore.open({ dir: folder.path });
  for (const requestId of REQUEST_IDS) await journal(requestId);
});
afterEach(async () => {
  await dispatcher?.stop(0);
  await store.close();
  folder.remove();
});

async function journal(requestId: string): Promise<void> {
  const { key, receivedAt, pairs, sdkAppId } = callbackOf({ requestId });
  const deliveryId = firstDeliveryId(key, receivedAt);
  const pending = { delivery: { deliveryId, receivedAt, sdkAppId }, pairs, ...key };
  await store.append([{ pending, seenKey: seenKey(key.origin, deliveryId) }]);
}

/** A dispatcher on that journal, with what it started and logged. */
function startDispatcher(
  isAwayFor: (deliveryId: string) => boolean = () => false,
  { refusal = UNAVAILABLE, concurrency = () => 32 as number } = {},
) {
  const started: string[] = [];
  const starter: Starter<DeliveryToStart> = {
    start: async ({ delivery: { deliveryId } }) => {
      if (isAwayFor(deliveryId)) throw new ServiceError('failed', { cause: refusal });
      started.push(deliveryId);
      return 'started';
    },
    look: async () => 'absent',
  };
  const lines: { level: number; msg: string; deliveryId?: string }[] = [];
  const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) });
  const { journal: metrics } = createMetrics();
  const running = new Dispatcher({ store, starter, concurrency, metrics, logger });
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

test('given Temporal away for the oldest delivery alone, then the others are handed over, and it follows once Temporal takes it', async () => {
  let isAway = true;
  let tries = 0;
  const { started } = startDispatcher((deliveryId) => {
    if (deliveryId !== 'first') return false;
    tries += 1;
    return isAway;
  });
  await until('the oldest to have failed', () => tries > 1);
  await journal('fourth');
  await until('the others to be handed over', () => store.pendingCount === 1);
  assert.deepEqual(started, ['second', 'third', 'fourth']);
  isAway = false;
  await until('the oldest to be handed over', () => store.pendingCount === 0);
  assert.equal(started.at(-1), 'first');
});

test('given Temporal away for all, then what waits is handed over once it is back, each once', async () => {
  let isAway = true;
  let tries = 0;
  const { started } = startDispatcher(() => {
    tries += 1;
    return isAway;
  });
  await until('some tries', () => tries > 2 * REQUEST_IDS.length);
  isAway = false;
  await until('all to be handed over', () => store.pendingCount === 0);
  assert.deepEqual(started.toSorted(), REQUEST_IDS.toSorted());
});

test('given a journal that can not be read for a while, then the log says so once, and what is pending is handed over after it', async () => {
  let reads = 0;
  store.firstPending = () => {
    reads += 1;
    throw new Error('MDB_CORRUPTED');
  };
  const { started, lines } = startDispatcher();
  await until('some reads', () => reads > 1);
  Reflect.deleteProperty(store, 'firstPending');
  await until('all to be handed over', () => store.pendingCount === 0);
  assert.deepEqual(started, REQUEST_IDS);
  assert.equal(lines.filter(({ msg }) => msg.startsWith('the journal can not be read')).length, 1);
});

test('given a Temporal that limits the starts, then a warning says so, and all are handed over later, each once', async () => {
  let refusals = 0;
  const isRefused = () => {
    refusals += 1;
    return refusals <= REQUEST_IDS.length;
  };
  const { started, lines, count } = startDispatcher(isRefused, { refusal: EXHAUSTED });
  await until('all to be handed over', () => store.pendingCount === 0);
  assert.deepEqual(started.toSorted(), REQUEST_IDS.toSorted());
  assert.equal(await count('retried'), REQUEST_IDS.length);
  assert.deepEqual(
    lines.filter(({ level }) => level >= (pino.levels.values.error ?? 50)).map(({ msg }) => msg),
    [],
  );
  assert.ok(lines.some(({ msg }) => msg.startsWith('Temporal limits the starts')));
});

test('no more starts run at the same time than the limit allows, and each end of a start lets another one begin', async () => {
  const underWay: (() => void)[] = [];
  let limit = 2;
  const starter: Starter<DeliveryToStart> = {
    start: () => new Promise((resolve) => underWay.push(() => resolve('started'))),
    look: async () => 'absent',
  };
  const { journal: metrics } = createMetrics();
  const logger = pino({ level: 'silent' });
  dispatcher = new Dispatcher({ store, starter, concurrency: () => limit, metrics, logger });
  dispatcher.start();
  await until('the limit to be used', () => underWay.length === 2);
  limit = 1;
  underWay.shift()?.();
  await until('the first to leave the journal', () => store.pendingCount === 2);
  assert.equal(underWay.length, 1, 'the third waits: one start is under way');
  underWay.shift()?.();
  await until('the third to begin', () => underWay.length === 1);
  underWay.shift()?.();
  await until('the journal to be empty', () => store.pendingCount === 0);
});

test('a start does not wait until the delivery before it has left the journal', async () => {
  const removals: (() => void)[] = [];
  const { removePending } = store;
  store.removePending = (key) =>
    new Promise((resolve) => removals.push(() => resolve(removePending.call(store, key))));
  const { started } = startDispatcher(undefined, { concurrency: () => 1 });
  await until('all to be started', () => started.length === REQUEST_IDS.length);
  assert.equal(store.pendingCount, REQUEST_IDS.length);
  for (const remove of removals) remove();
  await until('the journal to be empty', () => store.pendingCount === 0);
});
