import { setImmediate as turn } from 'node:timers/promises';
import { JournalStore } from '../../../src/journal/store.ts';
import { pendingDelivery, rawQuarantined } from '../inputs/journal-damage.ts';

/**
 * Has every kind of write under way at once in the journal given, at a moment that the parent chooses. Tells the
 * parent when there is something to remove, and then what became of each write.
 */
const dir = process.argv[2] as string;
// lmdb-js rejects a second promise beside a refused write's own.
process.on('unhandledRejection', () => undefined);

const store = await JournalStore.open({ dir });
const entry = (id: string) => ({ pending: pendingDelivery(id, 50), seenKey: id });
await store.append(Array.from({ length: 200 }, (_, index) => entry(`before-${index}`)));
const keys = store.firstPending(200, new Set()).map(({ key }) => key);

process.send?.('ready');
process.once('message', async () => {
  const writes: Promise<string>[] = [];
  const note = (write: Promise<void>) => writes.push(write.then(() => 'written', String));
  for (const key of keys.slice(0, 40)) {
    note(store.removePending(key));
    await turn();
    note(store.addQuarantined(rawQuarantined('x'.repeat(50_000))));
    await turn();
    note(store.append([entry(`after-${key}`)]));
    await turn();
  }
  const outcomes = await Promise.all(writes);
  await store.close();
  process.send?.(outcomes, () => process.disconnect());
});
