import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { PayloadKey } from '../../../src/encryption/payload-keys.ts';
import { encryptJournal } from '../../../src/journal/encryption/encrypt-journal.ts';
import { RecordCodec } from '../../../src/journal/encryption/record-codec.ts';
import { Journal } from '../../../src/journal/journal.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { PAGE, pendingDelivery } from '../../support/inputs/journal-damage.ts';
import { writeJournalFormat1 } from '../../support/inputs/journal-format-1.ts';
import { keysOf } from '../../support/inputs/payload-keys.ts';
import { searchFiles } from '../../support/inputs/search-files.ts';
import { memoryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

/** Accounts of a pending delivery, a quarantined one, a callback that nobody could read, and a damaged entry. */
const NAMES = ['account-pending', 'account-quarantined', 'account-refused', 'account-damaged'] as const;
const [PENDING, QUARANTINED, REFUSED, DAMAGED] = NAMES;
const REASONS = ['moved', 'refused', 'damaged'];

let folder: ReturnType<typeof memoryFolder>;
let dir: string;
beforeEach(() => {
  folder = memoryFolder();
  dir = join(folder.path, 'journal');
});
afterEach(() => folder.remove());

/** What the journal logs at level warning and above. */
let lines: string[];
beforeEach(() => {
  lines = [];
});

function open(payloadKeys: readonly PayloadKey[]) {
  const logger = createLogger('warn', { write: (line) => lines.push(line) });
  const metrics = createMetrics().journal;
  return Journal.open({ dir, maxPending: 10_000, remember: 0, payloadKeys, metrics, logger });
}

const delivery = (id: string, from: string) => ({
  ...pendingDelivery(id),
  pairs: [{ from, to: `${from}-to` }],
});

/** A journal with an entry of each kind, closed. Some entries were removed from it. */
async function fill(payloadKeys: readonly PayloadKey[]): Promise<void> {
  const journal = await open(payloadKeys);
  const { store } = journal;
  for (const id of ['removed', 'second', 'third']) await journal.append(delivery(id, PENDING), id);
  const [removed] = store.firstPending(1, new Set());
  await store.removePending(removed?.key ?? '');
  const moved = delivery('moved', QUARANTINED);
  await journal.append(moved, 'moved');
  const key = store.firstPending(10, new Set()).at(-1)?.key ?? '';
  const quarantinedAt = Date.now();
  await store.quarantinePending(key, { kind: 'delivery', reason: 'moved', quarantinedAt, pending: moved });
  const body = Buffer.from(`{"From_Account":"${REFUSED}"`).toString('base64');
  const raw = { receivedAt: quarantinedAt, query: {}, body };
  await journal.quarantine({ kind: 'raw', reason: 'refused', quarantinedAt, raw });
  const entry = new RecordCodec().encode('pending', 'key', { from: DAMAGED }).toString('base64');
  await journal.quarantine({ kind: 'damaged', reason: 'damaged', quarantinedAt, entry });
  await journal.close();
}

async function contentOf(payloadKeys: readonly PayloadKey[]) {
  const journal = await open(payloadKeys);
  const { store } = journal;
  const pending = [...store.listPending(100)];
  const quarantined = [...store.listQuarantined(100)];
  const isSecondSeen = store.findSeen('second') !== undefined;
  await journal.close();
  return {
    deliveryIds: pending.map(
      ({ record, missingKey }) => record?.delivery.deliveryId ?? missingKey ?? 'damaged',
    ),
    reasons: quarantined.map(({ record, missingKey }) => record?.reason ?? missingKey ?? 'damaged'),
    isSecondSeen,
    salvaged: journal.salvaged,
  };
}

const WHOLE = { deliveryIds: ['second', 'third'], reasons: REASONS, isSecondSeen: true, salvaged: undefined };

/** So that nothing can be reached from its root; no record is touched. */
function breakTree(): void {
  const file = join(dir, 'data.mdb');
  writeFileSync(file, readFileSync(file).fill(0xff, 0, 2 * PAGE));
}

describe('a journal with keys', () => {
  test('no file of it names an account: nothing pending, quarantined, refused or damaged, nor what is set aside', async () => {
    await fill(keysOf('k1'));
    breakTree();
    const { salvaged, ...rest } = await contentOf(keysOf('k1'));
    assert.deepEqual([salvaged?.lost, salvaged?.quarantined], [0, 3]);
    assert.deepEqual(rest.reasons.sort(), [...REASONS].sort());
    assert.equal(readdirSync(folder.path).length, 2, 'the journal and what is set aside');
    assert.deepEqual(searchFiles(folder.path, NAMES), []);
  });

  test('the same search finds every account in a journal without keys', async () => {
    await fill([]);
    assert.deepEqual(
      searchFiles(folder.path, NAMES),
      NAMES.map((name) => `${name} in data.mdb`),
    );
  });

  test('given one that is damaged and a start without keys, then what is whole is kept, and read once the key is back', async () => {
    await fill(keysOf('k1'));
    breakTree();
    const { salvaged } = await contentOf([]);
    assert.deepEqual([salvaged?.pending, salvaged?.quarantined, salvaged?.lost], [2, 3, 0]);
    const { deliveryIds, reasons } = await contentOf(keysOf('k1'));
    assert.deepEqual(deliveryIds, ['second', 'third']);
    assert.deepEqual(reasons, REASONS);
  });
});

describe('keys that are turned on', () => {
  test('given a journal from before, then all of it is there, callbacks are recognised, and no file names an account, not even of a removed entry', async () => {
    await fill([]);
    assert.deepEqual(await contentOf(keysOf('k1')), WHOLE);
    assert.deepEqual(searchFiles(folder.path, NAMES), []);
    assert.deepEqual(await contentOf(keysOf('k1')), WHOLE, 'and again');
    assert.deepEqual(lines, []);
  });

  test('given a journal of the format before, then its records are encrypted too', async () => {
    await writeJournalFormat1(dir, { pending: [delivery('old', PENDING)], quarantined: [] });
    assert.deepEqual((await contentOf(keysOf('k1'))).deliveryIds, ['old']);
    assert.deepEqual(searchFiles(folder.path, NAMES), []);
  });

  test('given a stop while the journal is written anew, then it is as it was, and the next start does it', async () => {
    await fill([]);
    const signal = AbortSignal.abort(new Error('stopped'));
    const logger = createLogger('silent');
    await assert.rejects(encryptJournal({ dir, payloadKeys: keysOf('k1'), logger, signal }), /stopped/);
    assert.ok(existsSync(join(dir, 'taken-over')), 'it had begun');
    assert.deepEqual(await contentOf(keysOf('k1')), WHOLE);
    assert.deepEqual(searchFiles(folder.path, NAMES), []);
  });

  test('given a process that was killed while it wrote the journal anew, then what it left behind does no harm', async () => {
    await fill([]);
    mkdirSync(join(dir, 'taken-over'));
    copyFileSync(join(dir, 'data.mdb'), join(dir, 'taken-over', 'data.mdb'));
    assert.deepEqual(await contentOf(keysOf('k1')), WHOLE);
    assert.deepEqual(searchFiles(folder.path, NAMES), []);
  });

  test('given keys that are turned off and on again, then nothing is lost, and what came meanwhile is encrypted at last', async () => {
    await fill(keysOf('k1'));
    const without = await open([]);
    await without.append(delivery('meanwhile', PENDING), 'meanwhile');
    await without.close();
    assert.notDeepEqual(searchFiles(folder.path, NAMES), []);
    const { deliveryIds, reasons } = await contentOf(keysOf('k1'));
    assert.deepEqual(deliveryIds, ['second', 'third', 'meanwhile']);
    assert.deepEqual(reasons, REASONS);
    assert.deepEqual(searchFiles(folder.path, NAMES), []);
  });
});

describe('keys that are rotated', () => {
  test('given one start with the new key before the old one, then the journal needs the old key no more', async () => {
    await fill(keysOf('old'));
    assert.deepEqual(await contentOf(keysOf('new', 'old')), WHOLE);
    assert.deepEqual(await contentOf(keysOf('new')), WHOLE);
  });

  test('given an old key that is missing, then every entry stays, and each is listed with the key that it needs', async () => {
    await fill(keysOf('old'));
    const missing = 'encrypted with the key old, which PAYLOAD_KEYS lacks';
    const { deliveryIds, reasons, salvaged } = await contentOf(keysOf('new'));
    assert.deepEqual(deliveryIds, [missing, missing]);
    assert.deepEqual(reasons, [missing, missing, missing]);
    assert.equal(salvaged, undefined);
    assert.deepEqual(await contentOf(keysOf('new', 'old')), WHOLE);
  });
});

describe('deliveries that wait for their key', () => {
  /** As the dispatcher of a receiver without the key does it. */
  async function setWaiting(): Promise<void> {
    await fill(keysOf('old'));
    const journal = await open(keysOf('new'));
    const { store } = journal;
    for (const { key } of store.firstPending(10, new Set())) await store.awaitingKey.add(key, 'why');
    assert.deepEqual([store.pendingCount, store.awaitingKeyCount], [2, 2]);
    assert.ok(store.oldestPendingAt);
    await journal.close();
  }

  test('given a start without the key, then they still wait, and the log names the key', async () => {
    await setWaiting();
    const journal = await open(keysOf('new'));
    const line = await until('the error', () => lines.find((each) => each.includes('wait in the journal')));
    assert.match(line, /"waiting":2,"reasons":\["encrypted with the key old, which PAYLOAD_KEYS lacks"\]/);
    assert.equal(journal.store.awaitingKeyCount, 2);
    await journal.close();
  });

  test('given a start with the key, then they are pending again, in their order', async () => {
    await setWaiting();
    const journal = await open(keysOf('new', 'old'));
    const { store } = journal;
    await until('none to wait', () => store.awaitingKeyCount === 0);
    const ids = store
      .firstPending(10, new Set())
      .map((entry) => store.decodePending(entry).delivery.deliveryId);
    assert.deepEqual(ids, ['second', 'third']);
    await journal.close();
  });

  for (const [what, damage] of [
    ['a broken tree', breakTree],
    ['damage to the name of the part where they wait', () => spoil('awaiting-key')],
  ] as const) {
    test(`given ${what}, then they are taken over`, async () => {
      await setWaiting();
      damage();
      const { deliveryIds, salvaged } = await contentOf(keysOf('new', 'old'));
      assert.deepEqual([salvaged?.pending, salvaged?.lost], [2, 0]);
      assert.deepEqual(deliveryIds, ['second', 'third']);
    });
  }
});

describe('a roll-back to a version without keys', () => {
  test('given the journal that such a version set aside, then a receiver with the keys that is started on it has every entry', async () => {
    await fill(keysOf('k1'));
    const aside = join(folder.path, 'journal.corrupt-then');
    mkdirSync(aside);
    copyFileSync(join(dir, 'data.mdb'), join(aside, 'data.mdb'));
    dir = aside;
    assert.deepEqual(await contentOf(keysOf('k1')), WHOLE);
  });

  test('given a database without a mark and without a record, then it is set up anew', async () => {
    mkdirSync(dir);
    writeFileSync(join(dir, 'data.mdb'), Buffer.alloc(3 * PAGE, 1));
    const { deliveryIds, salvaged } = await contentOf(keysOf('k1'));
    assert.deepEqual(deliveryIds, []);
    assert.equal(salvaged, undefined);
  });
});

/** Wherever it stands in the tree's root. */
function spoil(word: string): void {
  const file = join(dir, 'data.mdb');
  const spoilt = readFileSync(file, 'latin1').replaceAll(word, 'X'.repeat(word.length));
  writeFileSync(file, spoilt, 'latin1');
}
