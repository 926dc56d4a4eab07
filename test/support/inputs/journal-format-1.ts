import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { monotonicFactory } from 'ulid';
import xxhash from 'xxhash-wasm';
import type { PendingDelivery, Quarantined } from '../../../src/journal/record.ts';

const { h64, h64Raw } = await xxhash();

/** A record as journals had them before records named themselves. */
export function encodeFormat1(key: string, content: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(content));
  const record = Buffer.alloc(9 + json.length);
  record[0] = 1;
  record.writeBigUInt64BE(h64Raw(json, h64(key)), 1);
  json.copy(record, 9);
  return record;
}

/** A journal as it was written then, which nobody has open. */
export async function writeJournalFormat1(
  dir: string,
  content: { pending: PendingDelivery[]; quarantined: Quarantined[] },
): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const environment = open({ path: dir, overlappingSync: false, maxDbs: 8, noSubdir: false });
  const nextKey = monotonicFactory(Math.random);
  const pending = environment.openDB<Buffer, string>({ name: 'pending', encoding: 'binary' });
  const quarantine = environment.openDB<Buffer, string>({ name: 'quarantine', encoding: 'binary' });
  for (const name of ['seen-0', 'seen-1']) environment.openDB({ name, encoding: 'json' });
  const meta = environment.openDB<number, string>({ name: 'meta', encoding: 'json' });
  await meta.put('format', 1);
  for (const record of content.pending) {
    const key = nextKey();
    await pending.put(key, encodeFormat1(key, record));
  }
  for (const record of content.quarantined) {
    const key = nextKey();
    await quarantine.put(key, encodeFormat1(key, record));
  }
  await environment.close();
  writeFileSync(join(dir, 'set-up'), 'set up\n');
}
