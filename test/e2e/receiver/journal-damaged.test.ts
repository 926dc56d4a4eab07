import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { JournalStore } from '../../../src/journal/store.ts';
import { endReceivers, KillableReceiver } from '../../support/doubles/killable.ts';
import { runUnfriend } from '../../support/servers/process.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';

const NOWHERE = { TEMPORAL_ADDRESS: '127.0.0.1:1' };
const PENDING = 20;

const folder = temporaryFolder();
afterEach(endReceivers);
after(() => folder.remove());

let journals = 0;

/** A journal with deliveries and one quarantined entry that nobody has open. */
async function journal(): Promise<{ JOURNAL_DIR: string; file: string }> {
  journals += 1;
  const dir = join(folder.path, String(journals));
  mkdirSync(dir);
  const store = await JournalStore.open({ dir });
  for (let index = 0; index < PENDING; index += 1) {
    const delivery = { deliveryId: `delivery-${index}-`, sdkAppId: '1400483163', receivedAt: Date.now() };
    const pairs = [{ from: 'a'.repeat(32), to: 'b'.repeat(32) }];
    const pending = { delivery, pairs, bodyHash: 'c'.repeat(64) };
    await store.append([{ pending, seenKey: `seen-${index}` }]);
  }
  const raw = { receivedAt: Date.now(), query: {}, body: Buffer.from('{').toString('base64') };
  await store.addQuarantined({ kind: 'raw', reason: 'quarantined-reason', quarantinedAt: Date.now(), raw });
  await store.close();
  return { JOURNAL_DIR: dir, file: join(dir, 'data.mdb') };
}

/** Wherever it stands: LMDB leaves old copies behind. */
function spoil(file: string, word: string): void {
  writeFileSync(file, readFileSync(file, 'latin1').replaceAll(word, 'X'.repeat(word.length)), 'latin1');
}

async function component(receiver: KillableReceiver): Promise<{ ready: boolean; state: string }> {
  const body = (await (await fetch(`${receiver.ops}/readyz`)).json()) as {
    components: { journal: { ready: boolean; state: string } };
  };
  return body.components.journal;
}

describe('unfriend journal, on a damaged journal', () => {
  test('given one damaged entry, then it is listed as such, beside all the others', async () => {
    const { file, ...settings } = await journal();
    spoil(file, 'delivery-3-');
    spoil(file, 'quarantined-reason');
    const { code, stdout, stderr } = await runUnfriend(['journal', 'list', '--json'], settings);
    assert.equal(code, 0, stderr);
    const { pending, deliveries, damaged } = JSON.parse(stdout);
    assert.deepEqual([pending, deliveries.length, damaged.length], [PENDING, PENDING - 1, 1]);

    const plain = await runUnfriend(['journal'], settings);
    assert.match(plain.stdout, new RegExp(`^  entry ${damaged[0]} is damaged$`, 'm'));
    const quarantine = await runUnfriend(['journal', 'quarantine'], settings);
    assert.equal(quarantine.code, 0, quarantine.stderr);
    assert.match(quarantine.stdout, /entry \S+ is damaged/);
  });

  const damages: [what: string, damage: (file: string) => void][] = [
    ['cut short', (file) => truncateSync(file, 3 * 4_096)],
    ['emptied', (file) => truncateSync(file, 0)],
    ['zeroed', (file) => writeFileSync(file, Buffer.alloc(statSync(file).size))],
    ['zeroed but for its first pages', (file) => zeroAfter(file, 2 * 4_096)],
  ];
  for (const [what, damage] of damages) {
    test(`given one that was ${what}, then each command ends with 1 and says what to do`, async () => {
      const { file, ...settings } = await journal();
      damage(file);
      const refused = async (...args: string[]) => {
        const { code, stderr } = await runUnfriend(['journal', ...args], settings);
        assert.equal(code, 1, args.join());
        assert.match(stderr, /^The journal in .* is damaged .*Restart the receiver/m, args.join());
        assert.doesNotMatch(stderr, /^\s+at /m);
      };
      await Promise.all([refused(), refused('quarantine'), refused('requeue', 'x')]);
    });
  }
});

describe('GET /readyz', () => {
  test('given a journal that was damaged at the start, then it says what was taken over, and stays ready', async () => {
    const { file, ...settings } = await journal();
    spoil(file, 'delivery-3-');
    const receiver = await KillableReceiver.start({ ...NOWHERE, ...settings });
    const { ready, state } = await component(receiver);
    assert.equal(ready, true);
    assert.match(state, /damaged at start: 20 taken over, 1 lost, set aside as .*corrupt-/);
    assert.equal(await receiver.metric('unfriend_journal_damaged_total'), 1);
  });

  test('given a journal that can’t be opened, then it says so, and the gauges are there', async () => {
    const file = join(folder.path, 'a-file');
    writeFileSync(file, '');
    const receiver = await KillableReceiver.start({ ...NOWHERE, JOURNAL_DIR: join(file, 'journal') });
    const { ready, state } = await component(receiver);
    assert.equal(ready, false);
    assert.match(state, /^can't be opened: ENOTDIR/);
    for (const gauge of ['pending', 'quarantined', 'oldest_pending_age_seconds'])
      assert.equal(await receiver.metric(`unfriend_journal_${gauge}`), 0, gauge);
  });
});

function zeroAfter(file: string, bytes: number): void {
  const { size } = statSync(file);
  truncateSync(file, bytes);
  truncateSync(file, size);
}
