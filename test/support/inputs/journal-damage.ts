import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PendingDelivery, Quarantined } from '../../../src/journal/record.ts';
import { JournalStore, type Keyed } from '../../../src/journal/store.ts';

export const PAGE = 4_096;

export function pendingDelivery(deliveryId: string, pairs = 1): PendingDelivery {
  return {
    delivery: { deliveryId, sdkAppId: '1400483163', receivedAt: Date.now() },
    pairs: Array.from({ length: pairs }, (_, index) => ({ from: `from-${deliveryId}`, to: `to-${index}` })),
    bodyHash: 'c'.repeat(64),
  };
}

export function rawQuarantined(reason: string): Quarantined {
  const raw = { receivedAt: Date.now(), query: {}, body: Buffer.from('{').toString('base64') };
  return { kind: 'raw', reason, quarantinedAt: Date.now(), raw };
}

/** A journal that nobody has open, with the bytes of what is pending in it. Every tenth entry spans several pages. */
export async function writeJournal(dir: string, entries: number): Promise<Keyed<Buffer>[]> {
  mkdirSync(dir, { recursive: true });
  const store = await JournalStore.open({ dir });
  for (let index = 0; index < entries; index += 1) {
    const pending = pendingDelivery(`delivery-${index}-`, index % 10 === 9 ? 100 : 1);
    await store.append([{ pending, seenKey: pending.delivery.deliveryId }]);
  }
  const written = store.firstPending(entries, new Set());
  await store.close();
  return written;
}

/** What is wrong with a file: the bytes that were changed. */
export type Damage = { file: Buffer; isHit: (from: number, length: number) => boolean };

/** Writes noise over random pages. */
export function overwritePages(file: Buffer, count: number, random: () => number): Damage {
  const pages = new Set<number>();
  while (pages.size < count) pages.add(Math.floor(random() * (file.length / PAGE)));
  for (const page of pages)
    for (let index = 0; index < PAGE; index += 1) file[page * PAGE + index] = random() * 256;
  const pageOf = (at: number) => Math.floor(at / PAGE);
  return {
    file,
    isHit: (from, length) =>
      [...pages].some((page) => pageOf(from) <= page && page <= pageOf(from + length - 1)),
  };
}

/** Flips random bits. */
export function flipBits(file: Buffer, count: number, random: () => number): Damage {
  const flipped = new Set<number>();
  while (flipped.size < count) {
    const at = Math.floor(random() * file.length);
    if (!flipped.has(at)) file[at] = (file[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    flipped.add(at);
  }
  return { file, isHit: (from, length) => [...flipped].some((at) => from <= at && at < from + length) };
}

export function swapMetaPages(file: Buffer): void {
  const first = Buffer.from(file.subarray(0, PAGE));
  file.copy(file, 0, PAGE, 2 * PAGE);
  first.copy(file, PAGE);
}

/** Damages a journal, and returns those of its entries that are whole somewhere in the file. */
export function damageJournal(
  dir: string,
  entries: readonly Keyed<Buffer>[],
  damage: (file: Buffer) => Damage,
): Keyed<Buffer>[] {
  const path = join(dir, 'data.mdb');
  const before = readFileSync(path);
  const { file, isHit } = damage(Buffer.from(before));
  writeFileSync(path, file);
  return entries.filter(({ record }) =>
    positionsOf(before, record).some((position) => !isHit(position, record.length)),
  );
}

/** Every place where a file has these bytes. */
export function positionsOf(file: Buffer, record: Buffer): number[] {
  const positions: number[] = [];
  for (let at = file.indexOf(record); at >= 0; at = file.indexOf(record, at + 1)) positions.push(at);
  return positions;
}
