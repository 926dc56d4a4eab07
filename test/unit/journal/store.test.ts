import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { JournalStore } from '../../../src/journal/store.ts';
import { pendingDelivery, rawQuarantined } from '../../support/inputs/journal-damage.ts';
import { memoryFolder } from '../../support/servers/temporal.ts';

const HOUR_MS = 3_600_000;

describe('JournalStore', () => {
  const folder = memoryFolder();
  let store: JournalStore;
  before(async () => {
    store = await JournalStore.open({ dir: folder.path });
  });
  after(async () => {
    await store.close();
    folder.remove();
  });

  const append = (id: string, receivedAt = Date.now()) => {
    const pending = pendingDelivery(id);
    return store.append([
      { pending: { ...pending, delivery: { ...pending.delivery, receivedAt } }, seenKey: id },
    ]);
  };
  const firstKeys = (count: number) => store.firstPending(count, new Set()).map(({ key }) => key);

  test('given writes of every kind while a commit is under way, then they share the next one', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, index) => append(`first-${index}`)));
    const [quarantined = '', ...removed] = firstKeys(20);
    const before = store.lastTransaction;
    await Promise.all([
      append('second'),
      new Promise(setImmediate).then(() =>
        Promise.all([
          ...removed.map((key) => store.removePending(key)),
          store.quarantinePending(quarantined, rawQuarantined('moved')),
          store.addQuarantined(rawQuarantined('added')),
          append('third'),
        ]),
      ),
    ]);
    assert.equal(store.lastTransaction - before, 2);
    assert.deepEqual([store.pendingCount, store.quarantinedCount], [22, 2]);
  });

  test('given a close, then what was asked to be removed just before is removed', async () => {
    const [key = ''] = firstKeys(1);
    const removing = store.removePending(key);
    await store.close();
    await removing;
    store = await JournalStore.open({ dir: folder.path });
    assert.notEqual(firstKeys(1)[0], key);
  });

  test('given callbacks of three hours, then those of the first are forgotten, the later ones are known, and all are pending', async () => {
    const pending = store.pendingCount;
    const hour = Math.floor(Date.now() / HOUR_MS);
    for (const index of [0, 1, 2]) await append(`hour-${index}`, (hour + index) * HOUR_MS);
    assert.equal(store.findSeen('hour-0'), undefined);
    assert.equal(store.findSeen('hour-1')?.deliveryId, 'hour-1');
    assert.equal(store.findSeen('hour-2')?.deliveryId, 'hour-2');
    assert.equal(store.pendingCount, pending + 3);
  });

  test('given a clock that is set back, then what is journaled since has a key above the lowest one before', async (context) => {
    for (const key of firstKeys(1_000)) await store.removePending(key);
    await append('before');
    const { lowestKey } = store;
    const now = Date.now();
    context.mock.method(Date, 'now', () => now - HOUR_MS);
    await append('since');
    assert.deepEqual(
      firstKeys(10).map((key) => key >= lowestKey),
      [true, true],
    );
    for (const key of firstKeys(10)) await store.removePending(key);
    const ofNothing = store.lowestKey;
    await append('last');
    assert.ok((firstKeys(1)[0] ?? '') > ofNothing);
  });
});
