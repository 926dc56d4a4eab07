import assert from 'node:assert/strict';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { RecordCodec } from '../../../src/journal/encryption/record-codec.ts';
import { readCounts } from '../../../src/journal/folder/counts.ts';
import type { PendingDelivery } from '../../../src/journal/record.ts';
import { JournalStore, type Keyed } from '../../../src/journal/store.ts';
import type { KillableReceiver } from '../../support/doubles/killable.ts';
import {
  damageJournal,
  flipBits,
  overwritePages,
  swapMetaPages,
} from '../../support/inputs/journal-damage.ts';
import { seeded } from '../../support/inputs/seeded.ts';
import { killableReceiverStage } from '../../support/stages/killable-stage.ts';
import { until } from '../../support/until.ts';

const PAGE = 4_096;
const PENDING = 120;
const NOWHERE = '127.0.0.1:1';

/** How often a receiver may be too slow to take callbacks before that is a failure itself. */
const TRIES = 5;

const stage = killableReceiverStage();

type Victim = { receiver: KillableReceiver; dir: string };

/** A receiver that was killed with callbacks pending and one quarantined, and a damage done to its journal since. */
async function damaged(
  damage: (file: string) => void | Promise<void>,
  { pending = PENDING, triesLeft = TRIES } = {},
): Promise<Victim> {
  const dir = mkdtempSync(join(stage.folder, 'damaged-'));
  const receiver = await stage.serve({ DATA_DIR: dir, TEMPORAL_ADDRESS: NOWHERE });
  const { ledger, url } = receiver;
  while (ledger.entries.length < pending)
    await Promise.all(Array.from({ length: 20 }, () => ledger.send(url)));
  if (ledger.failures.refused > 0 && triesLeft > 1) {
    // So busy a machine that a commit took over a second, and no Temporal: right, and no subject here.
    await receiver.kill();
    return damaged(damage, { pending, triesLeft: triesLeft - 1 });
  }
  assert.equal(ledger.acknowledged, pending);
  await ledger.sendBroken(url);
  await until('the count of all', () => {
    const counts = readCounts(join(dir, 'journal'));
    return counts?.pending === pending && counts.quarantined === 1;
  });
  await receiver.kill();
  await damage(join(dir, 'journal', 'data.mdb'));
  return { receiver, dir };
}

const setAside = (dir: string) => readdirSync(dir).filter((name) => name.startsWith('journal.corrupt-'));

/** Takes callbacks as before, and compares what is missing with what was reported. */
async function assertHonest({ receiver, dir }: Victim): Promise<void> {
  const { ledger, url, process } = receiver;
  for (let index = 0; index < 10; index += 1) await ledger.send(url);
  assert.deepEqual(ledger.failures, { refused: 0, unknown: 0 });
  assert.equal(ledger.acknowledged, PENDING + 10);
  await receiver.drained();
  const reported = await receiver.metric('unfriend_journal_damaged_total');
  const quarantined = await receiver.metric('unfriend_journal_quarantined');
  const logged = process.logs().find((line) => 'lost' in line)?.lost ?? 0;
  assert.equal(await receiver.terminate(), 0, process.stderr);

  const { lost, ...faults } = await ledger.faults(stage.temporal.client);
  assert.deepEqual(faults, { doubled: [], wrong: [], invented: [] });
  const missing = lost.length + 1 - quarantined;
  assert.deepEqual({ reported, logged }, { reported: missing, logged: missing });
  assert.ok(lost.every((number) => Number(number) < PENDING));
  if (reported > 0) assert.equal(setAside(dir).length, 1);
}

describe('a journal damaged while the receiver was down', { concurrency: false }, () => {
  const damages: [what: string, damage: (file: string) => void][] = [
    ['written over in places', (file) => inPlaces(file, 6, noise(64))],
    ['zeroed in pages', (file) => inPlaces(file, 3, Buffer.alloc(PAGE))],
    ['cut short', (file) => truncateSync(file, Math.floor(statSync(file).size * (0.5 + Math.random() / 2)))],
    ['without its first pages', (file) => overwrite(file, 0, Buffer.alloc(2 * PAGE))],
    ['with 200 flipped bits', (file) => change(file, (bytes) => flipBits(bytes, 200, Math.random))],
    ['with its meta pages swapped', (file) => change(file, swapMetaPages)],
  ];
  for (const [what, damage] of damages) {
    test(`given one ${what}, then it takes callbacks, and what is missing is what was reported`, async () => {
      const victim = await damaged(damage);
      await victim.receiver.restart({ TEMPORAL_ADDRESS: stage.temporal.address });
      await assertHonest(victim);
    });
  }

  test('given 300 deliveries and any five damaged pages, then every delivery on another page is started', async () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    let entries: Keyed<Buffer>[] = [];
    let left: Keyed<Buffer>[] = [];
    const victim = await damaged(
      async (file) => {
        entries = await readPending(dirname(file));
        left = damageJournal(dirname(file), entries, (bytes) => overwritePages(bytes, 5, seeded(seed)));
      },
      { pending: 300 },
    );
    assert.equal(entries.length, 300);
    const { receiver, dir } = victim;
    await receiver.restart({ TEMPORAL_ADDRESS: stage.temporal.address });
    await receiver.drained();
    assert.equal(await receiver.terminate(), 0, receiver.process.stderr);
    const { lost, ...faults } = await receiver.ledger.faults(stage.temporal.client);
    assert.deepEqual(faults, { doubled: [], wrong: [], invented: [] });
    const numberOf = ({ key, record }: Keyed<Buffer>) =>
      Number(
        new RecordCodec().decode<PendingDelivery>('pending', key, record).pairs[0]?.from.replace('from-', ''),
      );
    const onThosePages = entries.filter((entry) => !left.includes(entry)).map(numberOf);
    assert.deepEqual(lost.map(Number).sort(), onThosePages.sort(), `seed ${seed}`);
    if (lost.length > 0) assert.equal(setAside(dir).length, 1);
  });

  test('given damage to every page in turn, then no callback is refused for it', async () => {
    // What recognises duplicates lies in pages of its own; no single one may matter.
    const victim = await damaged((file) => {
      for (let at = 2 * PAGE; at < statSync(file).size; at += 3 * PAGE)
        overwrite(file, at, Buffer.alloc(PAGE));
    });
    await victim.receiver.restart({ TEMPORAL_ADDRESS: stage.temporal.address });
    await assertHonest(victim);
  });

  test('given kill -9 while what can be read is taken over, then the next process takes it over', async () => {
    const victim = await damaged((file) => inPlaces(file, 3, noise(64)));
    const { receiver, dir } = victim;
    for (let round = 0; round < 2; round += 1) {
      const seen = setAside(dir).length;
      const restarting = receiver
        .restart({ TEMPORAL_ADDRESS: stage.temporal.address })
        .catch(() => undefined);
      const begun = until('the taking over', () => setAside(dir).length > seen || undefined, 1_500);
      await Promise.race([begun.catch(() => undefined), restarting]);
      await delay(Math.random() * 150);
      await receiver.kill();
      await restarting;
    }
    await receiver.restart({ TEMPORAL_ADDRESS: stage.temporal.address });
    for (let index = 0; index < 10; index += 1) await receiver.ledger.send(receiver.url);
    await receiver.drained();
    assert.equal(await receiver.terminate(), 0, receiver.process.stderr);
    const { lost, ...faults } = await receiver.ledger.faults(stage.temporal.client);
    assert.deepEqual(faults, { doubled: [], wrong: [], invented: [] });
    // Each of the three places lies in two entries at most.
    assert.ok(lost.length <= 6, `${lost.length} of ${PENDING} were not taken over`);
  });
});

async function readPending(dir: string): Promise<Keyed<Buffer>[]> {
  const store = await JournalStore.open({ dir, readOnly: true });
  const entries = store.firstPending(1_000, new Set());
  await store.close();
  return entries;
}

function noise(length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => Math.random() * 256));
}

/** At random places after the first two pages, which say where everything is. */
function inPlaces(file: string, count: number, bytes: Buffer): void {
  const pages = Math.floor(statSync(file).size / PAGE);
  for (let place = 0; place < count; place += 1) {
    const page = 2 + Math.floor(Math.random() * (pages - 2));
    overwrite(file, page * PAGE + Math.floor(Math.random() * (PAGE - bytes.length + 1)), bytes);
  }
}

function change(file: string, damage: (bytes: Buffer) => unknown): void {
  const bytes = readFileSync(file);
  damage(bytes);
  writeFileSync(file, bytes);
}

function overwrite(file: string, at: number, bytes: Buffer): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}
