import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { RecordCodec } from '../../../src/journal/encryption/record-codec.ts';
import { scanRecords } from '../../../src/journal/recovery/scan.ts';
import type { FoundRecord, Keyed } from '../../../src/journal/store.ts';
import {
  type Damage,
  damageJournal,
  flipBits,
  overwritePages,
  writeJournal,
} from '../../support/inputs/journal-damage.ts';
import { seeded } from '../../support/inputs/seeded.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';

const codec = new RecordCodec();
const ENTRIES = 300;
const ROUNDS = 40;

const folder = temporaryFolder();
after(() => folder.remove());

async function scan(path: string): Promise<FoundRecord[]> {
  const all: FoundRecord[] = [];
  for await (const found of scanRecords(path)) all.push(...found);
  return all;
}

const keysOf = (entries: { key: string }[]) => [...new Set(entries.map(({ key }) => key))].sort();

describe('a database file that was damaged', () => {
  const dir = join(folder.path, 'journal');
  const path = join(dir, 'data.mdb');
  let entries: Keyed<Buffer>[];
  let whole: Buffer;
  before(async () => {
    entries = await writeJournal(dir, ENTRIES);
    whole = readFileSync(path);
  });

  const damages: [what: string, damage: (file: Buffer, random: () => number) => Damage][] = [
    ['five pages', (file, random) => overwritePages(file, 5, random)],
    ['fifty pages', (file, random) => overwritePages(file, 50, random)],
    ['200 bits', (file, random) => flipBits(file, 200, random)],
  ];
  for (const [what, damage] of damages) {
    test(`given ${what}, at whatever place, then every record that is whole somewhere is found, and no other`, async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const seed = Math.floor(Math.random() * 2 ** 32);
        writeFileSync(path, whole);
        const left = damageJournal(dir, entries, (file) => damage(file, seeded(seed)));
        assert.deepEqual(keysOf(await scan(path)), keysOf(left), `seed ${seed}`);
      }
    });
  }
});

test('given records at the ends of what is read at once, and one longer than that, then all of them are found', async () => {
  const path = join(folder.path, 'long');
  const record = (key: string, length: number) => codec.encode('quarantined', key, 'x'.repeat(length));
  // What is read at once is 8 MB: each record is moved over that place, byte by byte.
  const first = record('first', 8 * 1024 * 1024 - 100);
  for (const gap of [0, 5, 10, 30, 50, 60, 70, 99]) {
    writeFileSync(
      path,
      Buffer.concat([
        first,
        Buffer.alloc(gap, 2),
        record('second', 20),
        record('third', 20_000_000),
        record('last', 0),
      ]),
    );
    assert.deepEqual(
      (await scan(path)).map(({ key }) => key),
      ['first', 'second', 'third', 'last'],
      `gap of ${gap}`,
    );
  }
});

test('given a record that was cut short by the end of the file, then the scan ends without it', async () => {
  const path = join(folder.path, 'cut');
  const bytes = Buffer.concat([codec.encode('pending', 'a', {}), codec.encode('pending', 'b', {})]);
  for (let length = bytes.length - 1; length > bytes.length - 30; length -= 1) {
    writeFileSync(path, bytes.subarray(0, length));
    assert.deepEqual(
      (await scan(path)).map(({ key }) => key),
      ['a'],
    );
  }
});
