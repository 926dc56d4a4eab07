import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Dispatcher } from '../../../src/intake/dispatcher.ts';
import { JournalStore } from '../../../src/journal/store.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { pendingDelivery } from '../../support/inputs/journal-damage.ts';
import { keysOf } from '../../support/inputs/payload-keys.ts';
import { memoryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

const WAITING = 200;

let folder: ReturnType<typeof memoryFolder>;
let store: JournalStore;
let dispatcher: Dispatcher;
beforeEach(async () => {
  folder = memoryFolder();
  store = await JournalStore.open({ dir: folder.path, payloadKeys: keysOf('old') });
  await store.append(Array.from({ length: WAITING }, (_, index) => entry(`old-${index}`)));
  await store.close();
  // The old key was removed too early.
  store = await JournalStore.open({ dir: folder.path, payloadKeys: keysOf('new') });
});
afterEach(async () => {
  await dispatcher.stop(0);
  await store.close();
  folder.remove();
});

const entry = (id: string) => ({ pending: pendingDelivery(id), seenKey: id });

function startDispatcher() {
  const started: string[] = [];
  const lines: string[] = [];
  const metrics = createMetrics();
  dispatcher = new Dispatcher({
    store,
    starter: {
      start: async ({ delivery }) => {
        started.push(delivery.deliveryId);
        return 'started';
      },
      look: async () => 'absent',
    },
    concurrency: () => 32,
    metrics: metrics.journal,
    logger: createLogger('warn', { write: (line) => lines.push(line) }),
  });
  dispatcher.start();
  const count = async (of: 'damaged' | 'quarantined') => (await metrics.journal[of].get()).values[0]?.value;
  return { started, lines, count };
}

test('given deliveries whose key is missing, then those that come later are handed over, and they wait: neither lost nor quarantined', async () => {
  await store.append([entry('new-1')]);
  const { started, count } = startDispatcher();
  await until('the others to wait', () => store.awaitingKeyCount === WAITING);
  await until('the new one to be gone', () => store.pendingCount === WAITING);
  assert.deepEqual(started, ['new-1']);
  assert.equal(store.quarantinedCount, 0);
  assert.deepEqual([await count('damaged'), await count('quarantined')], [0, 0]);
});

test('given many of them, then the log names the key, in few lines', async () => {
  const { lines } = startDispatcher();
  await until('all to wait', () => store.awaitingKeyCount === WAITING);
  assert.match(lines[0] ?? '', /encrypted with the key old, which PAYLOAD_KEYS lacks/);
  assert.ok(lines.length < 20, `${lines.length} lines`);
});

test('given a stop, then it does not wait for what can not be handed over', async () => {
  startDispatcher();
  await until('all to wait', () => store.awaitingKeyCount === WAITING);
  const startedAt = performance.now();
  await dispatcher.stop(60_000);
  assert.ok(performance.now() - startedAt < 30_000);
});

test('given the key again, then they are handed over in their order', async () => {
  startDispatcher();
  await until('all to wait', () => store.awaitingKeyCount === WAITING);
  await dispatcher.stop(0);
  await store.close();

  store = await JournalStore.open({ dir: folder.path, payloadKeys: keysOf('new', 'old') });
  await store.awaitingKey.returnReadable();
  const { started } = startDispatcher();
  await until('an empty journal', () => store.pendingCount === 0);
  assert.deepEqual(
    started,
    Array.from({ length: WAITING }, (_, index) => `old-${index}`),
  );
});
