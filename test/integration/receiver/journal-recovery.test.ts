import assert from 'node:assert/strict';
import { copyFileSync, cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Journal } from '../../../src/journal/journal.ts';
import { recoverJournal } from '../../../src/journal/recovery/recover.ts';
import { JournalStore, type Keyed } from '../../../src/journal/store.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import {
  type Damage,
  damageJournal,
  flipBits,
  overwritePages,
  PAGE,
  pendingDelivery,
  positionsOf,
  rawQuarantined,
  swapMetaPages,
  writeJournal,
} from '../../support/inputs/journal-damage.ts';
import { writeJournalFormat1 } from '../../support/inputs/journal-format-1.ts';
import { seeded } from '../../support/inputs/seeded.ts';
import { memoryFolder } from '../../support/servers/temporal.ts';

const ENTRIES = 300;

let folder: ReturnType<typeof memoryFolder>;
let dir: string;
let file: string;
beforeEach(() => {
  folder = memoryFolder();
  dir = join(folder.path, 'journal');
  file = join(dir, 'data.mdb');
});
afterEach(() => folder.remove());

const logger = createLogger('silent');
const recover = () => recoverJournal({ dir, remember: 0, logger });
const openJournal = () =>
  Journal.open({ dir, maxPending: 10_000, remember: 0, metrics: createMetrics().journal, logger });

/** What a receiver would start, and what the quarantine shows. */
async function contentOf(): Promise<{ keys: string[]; deliveryIds: string[]; quarantined: string[] }> {
  const store = await JournalStore.open({ dir });
  const pending = [...store.listPending(10_000)];
  const quarantined = [...store.listQuarantined(10_000)];
  await store.close();
  return {
    keys: pending.map(({ key }) => key),
    deliveryIds: pending.map(({ record }) => record?.delivery.deliveryId ?? 'damaged'),
    quarantined: quarantined.map(({ record }) => record?.reason ?? 'damaged'),
  };
}

const keysOf = (entries: Keyed<unknown>[]) => entries.map(({ key }) => key);
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `delivery-${from + index}`);

/** With its counts, as a receiver leaves it. */
async function journaled(deliveryIds: string[]): Promise<void> {
  const journal = await openJournal();
  await Promise.all(deliveryIds.map((id) => journal.append(pendingDelivery(id), id)));
  await journal.close();
}

describe('a damaged journal', () => {
  const damages: [what: string, rounds: number, damage: (file: Buffer, random: () => number) => Damage][] = [
    ['five pages, whichever', 4, (bytes, random) => overwritePages(bytes, 5, random)],
    ['200 bits, whichever', 2, (bytes, random) => flipBits(bytes, 200, random)],
  ];
  for (const [what, rounds, damage] of damages) {
    test(`given damage to ${what}, then all entries but those are taken over, and those are counted`, async () => {
      const entries = await writeJournal(dir, ENTRIES);
      // A receiver was there, and wrote what it holds.
      await (await openJournal()).close();
      const undamaged = dir;
      for (let round = 0; round < rounds; round += 1) {
        const seed = Math.floor(Math.random() * 2 ** 32);
        dir = join(folder.path, `${round}`, 'journal');
        cpSync(undamaged, dir, { recursive: true });
        const left = damageJournal(dir, entries, (bytes) => damage(bytes, seeded(seed)));
        // Undefined where no page was in use.
        const { pending, lost, more } = (await recover()) ?? { pending: ENTRIES, lost: 0, more: 0 };
        assert.deepEqual(
          { pending, lost, more },
          { pending: left.length, lost: ENTRIES - left.length, more: 0 },
          `seed ${seed}`,
        );
        assert.deepEqual((await contentOf()).keys, keysOf(left), `seed ${seed}`);
        assert.equal(await recover(), undefined, 'what was taken over is whole');
      }
    });
  }

  test('given meta pages that were swapped, then the newest entries are there too', async () => {
    const entries = await writeJournal(dir, ENTRIES);
    const bytes = readFileSync(file);
    swapMetaPages(bytes);
    writeFileSync(file, bytes);
    const salvaged = await recover();
    assert.equal(salvaged?.pending, ENTRIES);
    assert.deepEqual((await contentOf()).keys, keysOf(entries));
  });

  test('given meta pages of an earlier time, then what was journaled since is there too', async () => {
    await journaled(numbered(0, 20));
    const earlier = readFileSync(file);
    await journaled(numbered(20, 40));
    const bytes = readFileSync(file);
    earlier.copy(bytes, 0, 0, 2 * PAGE);
    writeFileSync(file, bytes);
    const salvaged = await recover();
    assert.deepEqual([salvaged?.pending, salvaged?.lost], [40, 0]);
    assert.deepEqual((await contentOf()).deliveryIds, numbered(0, 40));
  });

  test('given entries that were removed long before, then the copies that LMDB left behind are not taken over', async () => {
    await journaled(numbered(0, 200));
    const journal = await openJournal();
    for (const { key } of journal.store.firstPending(150, new Set())) await journal.store.removePending(key);
    await journal.close();
    breakTree();
    const salvaged = await recover();
    assert.deepEqual([salvaged?.pending, salvaged?.lost, salvaged?.more], [50, 0, 0]);
    assert.deepEqual((await contentOf()).deliveryIds, numbered(150, 200));
  });

  test('given a removed entry that comes back, then it hides none that is lost', async () => {
    const store = await fillStore(numbered(0, 30));
    const [oldest] = store.firstPending(1, new Set());
    await store.removePending(oldest?.key ?? '');
    await store.close();
    spoilContent('delivery-29');
    const salvaged = await recover();
    assert.deepEqual([salvaged?.pending, salvaged?.lost, salvaged?.more], [29, 1, 1]);
    assert.deepEqual((await contentOf()).deliveryIds, numbered(0, 29));
  });

  test('given damage to an entry and its key, of which an old copy is whole, then nothing counts as lost', async () => {
    const store = await fillStore(numbered(0, 10));
    const [fifth] = store.firstPending(5, new Set()).slice(-1);
    await store.close();
    assert.ok(fifth);
    const whole = readFileSync(file);
    const copies = positionsOf(whole, fifth.record);
    const undamaged = dir;
    const salvaged = [];
    for (const at of copies) {
      dir = join(folder.path, `${at}`, 'journal');
      cpSync(undamaged, dir, { recursive: true });
      writeFileSync(join(dir, 'data.mdb'), Buffer.from(whole).fill(0xee, at - fifth.key.length, at + 10));
      salvaged.push(await recover());
    }
    // Whichever of the copies is the one in use.
    const [found, ...others] = salvaged.filter((each) => each !== undefined);
    assert.deepEqual([found?.pending, found?.lost, found?.more], [10, 0, 0]);
    assert.equal(others.length, 0);
  });

  for (const part of ['pending', 'quarantine']) {
    test(`given damage to the name of its part ${part}, which makes that look empty, then all of it is taken over`, async () => {
      const store = await fillStore(numbered(0, 10));
      await store.addQuarantined(rawQuarantined('raw'));
      await store.close();
      await (await openJournal()).close();
      // Not in `quarantinedAt`, which stands in a record.
      spoilContent(new RegExp(`${part}(?!d)`, 'g'));
      const salvaged = await recover();
      assert.deepEqual([salvaged?.pending, salvaged?.quarantined, salvaged?.lost], [10, 1, 0]);
    });
  }

  test('given an entry that was moved to the quarantine, then it does not come back as pending', async () => {
    const store = await fillStore(numbered(0, 30));
    const [, second] = [...store.listPending(2)];
    assert.ok(second?.record);
    await store.quarantinePending(second.key, {
      kind: 'delivery',
      reason: 'moved',
      quarantinedAt: Date.now(),
      pending: second.record,
    });
    await store.addQuarantined(rawQuarantined('raw'));
    await store.close();
    breakTree();
    const salvaged = await recover();
    assert.deepEqual([salvaged?.pending, salvaged?.quarantined], [29, 2]);
    const { deliveryIds, quarantined } = await contentOf();
    assert.deepEqual(deliveryIds, [...numbered(0, 1), ...numbered(2, 30)]);
    assert.deepEqual(quarantined.sort(), ['moved', 'raw']);
  });
});

describe('a journal whose process was killed', () => {
  test('given counts of a second before, when more was journaled and more removed since, then it is not taken for damaged', async () => {
    await journaled(numbered(0, 100));
    copyFileSync(join(dir, 'counts'), join(folder.path, 'counts'));
    const journal = await openJournal();
    for (const { key } of journal.store.firstPending(70, new Set())) await journal.store.removePending(key);
    await Promise.all(numbered(100, 110).map((id) => journal.append(pendingDelivery(id), id)));
    await journal.close();
    copyFileSync(join(folder.path, 'counts'), join(dir, 'counts'));
    assert.equal(await recover(), undefined);
  });

  test('given a journal that was copied back with the counts of another, then it is not taken for damaged', async () => {
    await journaled(numbered(0, 10));
    copyFileSync(file, join(folder.path, 'backup'));
    await journaled(numbered(10, 20));
    const journal = await openJournal();
    await journal.close();
    // A copy is another file, of which these counts say nothing.
    copyFileSync(join(folder.path, 'backup'), `${file}-copy`);
    renameSync(`${file}-copy`, file);
    assert.equal(await recover(), undefined);
    assert.deepEqual((await contentOf()).deliveryIds, numbered(0, 10));
  });
});

describe('a journal of the format before', () => {
  const content = {
    pending: numbered(0, 50).map((id) => pendingDelivery(id)),
    quarantined: [rawQuarantined('of format 1')],
  };

  test('given one, then it opens with all its entries, beside those that come now', async () => {
    await writeJournalFormat1(dir, content);
    assert.equal(await recover(), undefined);
    await journaled(['delivery-50']);
    const { deliveryIds, quarantined } = await contentOf();
    assert.deepEqual(deliveryIds, numbered(0, 51));
    assert.deepEqual(quarantined, ['of format 1']);
    assert.equal(await recover(), undefined);
  });

  test('given a damaged one, then what its tree still reaches is taken over', async () => {
    await writeJournalFormat1(dir, content);
    await journaled(['delivery-50']);
    spoilContent('delivery-7"');
    const salvaged = await recover();
    assert.deepEqual([salvaged?.pending, salvaged?.quarantined, salvaged?.lost], [50, 1, 1]);
    assert.deepEqual((await contentOf()).deliveryIds, [...numbered(0, 7), ...numbered(8, 51)]);
  });
});

async function fillStore(deliveryIds: string[]): Promise<JournalStore> {
  const store = await JournalStore.open({ dir });
  for (const id of deliveryIds) await store.append([{ pending: pendingDelivery(id), seenKey: id }]);
  return store;
}

/** So that nothing can be reached from its root; no record is touched. */
function breakTree(): void {
  const bytes = readFileSync(file);
  for (const page of [0, 1]) bytes.fill(0xff, page * PAGE, (page + 1) * PAGE);
  writeFileSync(file, bytes);
}

/** Wherever it stands: LMDB leaves old copies behind. */
function spoilContent(word: string | RegExp): void {
  const spoilt = readFileSync(file, 'latin1').replaceAll(word, (found) => 'X'.repeat(found.length));
  writeFileSync(file, spoilt, 'latin1');
}
