import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Entry, JournalStore } from '../../../src/journal/store.ts';
import { FREE_PORTS } from '../servers/process.ts';

const BATCH = 10_000;
const PAGE = 4_096;

/** Makes a journal with `count` deliveries, as callbacks would, without the way through HTTP. */
export async function fillJournal(dir: string, count: number): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const store = await JournalStore.open({ dir, remember: 120_000 });
  for (let done = 0; done < count; done += BATCH) {
    await store.append(Array.from({ length: Math.min(BATCH, count - done) }, entry));
  }
  await store.close();
}

function entry(): Entry {
  const deliveryId = randomUUID();
  const sdkAppId = FREE_PORTS.SDK_APP_ID ?? '';
  const pairs = ['id1', 'id2', 'id3'].map((to) => ({ from: 'id', to }));
  const delivery = { deliveryId, sdkAppId, receivedAt: Date.now() };
  return { pending: { delivery, pairs, bodyHash: deliveryId.padEnd(64, '0') }, seenKey: deliveryId };
}

/** How many: one alone could lie where the database keeps nothing, and would not be noticed. */
const DAMAGED_PLACES = 50;

/** Writes over places of the journal's second half: most of it can still be read. */
export function damageJournal(dir: string): void {
  const file = join(dir, 'data.mdb');
  const pages = Math.floor(statSync(file).size / PAGE);
  const fd = openSync(file, 'r+');
  const noise = Buffer.alloc(64, 0xab);
  for (let place = 0; place < DAMAGED_PLACES; place += 1) {
    const page = Math.floor(pages * (0.6 + (0.3 * place) / DAMAGED_PLACES));
    writeSync(fd, noise, 0, noise.length, page * PAGE + PAGE / 2);
  }
  closeSync(fd);
}
