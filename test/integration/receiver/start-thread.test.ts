import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { test } from 'node:test';
import { threadId } from 'node:worker_threads';
import { firstDeliveryId, seenKey } from '../../../src/callback/delivery-id.ts';
import type { TemporalSettings } from '../../../src/config/settings.ts';
import { KeyRing } from '../../../src/encryption/key-ring.ts';
import { parsePayloadKeys } from '../../../src/encryption/payload-keys.ts';
import { Dispatcher } from '../../../src/intake/dispatcher.ts';
import { JournalStore } from '../../../src/journal/store.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { freePort } from '../../../src/temporal/local/free-port.ts';
import type { StartOptions } from '../../../src/temporal/start/start-delivery.ts';
import { StartThread } from '../../../src/temporal/start/start-thread.ts';
import { searchAttributes, workflowId } from '../../../workflows/contract.ts';
import { callbackOf } from '../../support/inputs/callbacks.ts';
import { selfSigned } from '../../support/inputs/certificates.ts';
import { startTestTemporal } from '../../support/servers/temporal.ts';
import { startTlsFront } from '../../support/servers/tls-front.ts';
import { temporalAndFolder } from '../../support/stages/temporal-and-folder.ts';
import { workflowInput } from '../../support/stages/worker.ts';
import { startedThreads } from '../../support/typescript-threads.ts';
import { until } from '../../support/until.ts';

/** So few requests per second does this server take. */
const RPS = 20;
const LIMITED = ['--dynamic-config-value', `frontend.namespaceRPS=${RPS}`];

/** Where the priority stands in `/proc/<pid>/stat`, counted after the name. */
const NICE = 16;

const OPTIONS = { taskQueue: 'nobody-polls', plan: workflowInput([]).plan, indexAccounts: true };
const logger = createLogger('silent');

const stage = temporalAndFolder();
const { stops } = stage;

function startThread(
  settings: TemporalSettings = stage.temporal.settings,
  options: StartOptions = OPTIONS,
): StartThread {
  const thread = new StartThread({ temporal: settings, options }, logger);
  stops.push(() => thread.stop());
  return thread;
}

function deliveryOf(requestId: string) {
  const { key, receivedAt, pairs, sdkAppId } = callbackOf({ requestId });
  return { delivery: { deliveryId: firstDeliveryId(key, receivedAt), receivedAt, sdkAppId }, pairs, ...key };
}

/** A dispatcher that starts its deliveries in a thread, on a journal with so many of them. */
async function dispatch(count: number, settings?: TemporalSettings) {
  const ids = Array.from({ length: count }, (_, index) => `${stage.folder.split('/').at(-1)}-${index}`);
  const store = await JournalStore.open({ dir: stage.folder });
  stops.push(() => store.close());
  const entries = ids.map(deliveryOf).map((pending) => ({
    pending,
    seenKey: seenKey(pending.origin, pending.delivery.deliveryId),
  }));
  await store.append(entries);
  const thread = startThread(settings);
  const { journal: metrics } = createMetrics();
  let most = 0;
  let hasShrunk = false;
  const concurrency = () => {
    hasShrunk ||= thread.concurrency < most;
    most = Math.max(most, thread.concurrency);
    return thread.concurrency;
  };
  const dispatcher = new Dispatcher({ store, starter: thread, concurrency, metrics, logger });
  dispatcher.start();
  stops.push(() => dispatcher.stop(0));
  const counted = async (of: 'dispatched' | 'retried' | 'quarantined') =>
    (await metrics[of].get()).values[0]?.value ?? 0;
  return { store, thread, count: counted, hasShrunk: () => hasShrunk };
}

test('given an event loop that is blocked, then a delivery is started meanwhile, because another thread starts it', async () => {
  const thread = startThread();
  assert.equal(await thread.start(deliveryOf('warm-up')), 'started');
  assert.notEqual(thread.threadId, threadId);

  const { delivery, ...more } = deliveryOf('while-blocked');
  const starting = thread.start({ delivery, ...more });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_000);
  const freeAt = Date.now();
  assert.equal(await starting, 'started');
  const { startTime } = await stage.temporal.client.workflow.getHandle(workflowId(delivery)).describe();
  assert.ok(startTime.getTime() < freeAt, 'it was started before this event loop was free again');
  assert.equal(await thread.start({ delivery, ...more }), 'existing');
  assert.equal(await thread.start({ delivery, ...more, bodyHash: 'f'.repeat(64) }), 'other-callback');
  assert.equal(await thread.look({ ...more, delivery: { ...delivery, deliveryId: 'nobody' } }), 'absent');
});

test('given a key, then the thread indexes a delivery by hashes of its accounts', async () => {
  const hashKeys = parsePayloadKeys(`k1:${Buffer.alloc(32, 7).toString('base64')}`);
  const { delivery, pairs, ...more } = deliveryOf('hashed');
  await startThread(undefined, { ...OPTIONS, hashKeys }).start({ delivery, pairs, ...more });
  const known = await stage.temporal.client.workflow.getHandle(workflowId(delivery)).describe();
  const ring = new KeyRing(hashKeys);
  const accounts = new Set([...pairs.map(({ from }) => from), ...pairs.map(({ to }) => to)]);
  assert.deepEqual(
    known.typedSearchAttributes.get(searchAttributes.accounts),
    [...accounts].map((account) => ring.hashAccount(account)),
  );
});

test('given Linux, then the thread has a lower priority than the callbacks, and the callbacks keep theirs', {
  skip: process.platform !== 'linux',
}, async () => {
  const own = getPriority();
  await startThread().start(deliveryOf('low-priority'));
  assert.equal(getPriority(), own);
  const priorities = readdirSync('/proc/self/task').map((task) =>
    Number(readFileSync(`/proc/self/task/${task}/stat`, 'utf8').replace(/.*\) /, '').split(' ')[NICE]),
  );
  const low = constants.priority.PRIORITY_BELOW_NORMAL;
  assert.deepEqual([...new Set(priorities)].toSorted(), [...new Set([own, Math.max(own, low)])].toSorted());
});

test('given a Temporal behind TLS with a certificate authority of its own, then the thread reaches it too', async () => {
  const certificate = { ...selfSigned(stage.folder), ALPNProtocols: ['h2'] };
  const port = await freePort();
  const to = Number(String(stage.temporal.settings.connectionOptions.address).split(':')[1]);
  const front = await startTlsFront({ port, to, certificate });
  stops.push(() => front.stop());
  const tls = { serverRootCACertificate: Buffer.from(certificate.cert) };
  const connectionOptions = { address: `localhost:${port}`, tls };
  const thread = startThread({ ...stage.temporal.settings, connectionOptions });
  assert.equal(await thread.start(deliveryOf('by-tls')), 'started');
});

test('given a thread that ends while it starts deliveries, then another one goes on, and each delivery is started once', async () => {
  const { store, thread, count } = await dispatch(200);
  for (const left of [150, 75]) {
    await until(`${left} to be left`, () => store.pendingCount <= left);
    await startedThreads.at(-1)?.terminate();
  }
  await until('the journal to be empty', () => store.pendingCount === 0, 60_000);
  assert.equal(await count('dispatched'), 200);
  assert.equal(await count('quarantined'), 0);
  assert.ok((await count('retried')) > 0, 'starts were under way when a thread ended');
  assert.equal(startedThreads.at(-1)?.threadId, thread.threadId);
  const prefix = stage.folder.split('/').at(-1);
  const query = `WorkflowId STARTS_WITH "${workflowId({ sdkAppId: callbackOf({}).sdkAppId, deliveryId: '' })}${prefix}"`;
  await until(
    'each to be listed',
    async () => (await stage.temporal.client.workflow.count(query)).count === 200,
  );
});

test('given a Temporal that limits the requests, then fewer starts run at the same time, and all deliveries are handed over, each once', async () => {
  const limited = await startTestTemporal({ flags: LIMITED });
  stops.push(() => limited.stop());
  const deliveries = 10 * RPS;
  const { store, count, hasShrunk } = await dispatch(deliveries, limited.settings);
  await until('some refusals', async () => (await count('retried')) > 0);
  await until('the journal to be empty', () => store.pendingCount === 0, 120_000);
  assert.ok(hasShrunk());
  assert.equal(await count('dispatched'), deliveries);
  assert.equal(await count('quarantined'), 0);
  await until('each to be listed', async () => (await limited.client.workflow.count()).count === deliveries);
});
