import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { KillableReceiver } from '../../support/doubles/killable.ts';
import { payloadKeysOf } from '../../support/inputs/payload-keys.ts';
import { searchFiles } from '../../support/inputs/search-files.ts';
import { type ProcessSettings, runUnfriend } from '../../support/servers/process.ts';
import { killableReceiverStage } from '../../support/stages/killable-stage.ts';
import { until } from '../../support/until.ts';

const NOWHERE = { TEMPORAL_ADDRESS: '127.0.0.1:1' };
const OLD = { PAYLOAD_KEYS: payloadKeysOf('old') };
const NEW = { PAYLOAD_KEYS: payloadKeysOf('new') };
const BOTH = { PAYLOAD_KEYS: payloadKeysOf('new', 'old') };
const MISSING = 'encrypted with the key old, which PAYLOAD_KEYS lacks';

/** Callbacks a second. */
const RATE = 50;
const ROUNDS = 4;

const stage = killableReceiverStage();
let folders = 0;

/** A receiver whose Temporal is away, and the settings of commands beside it. */
async function serve(keys: ProcessSettings) {
  folders += 1;
  const DATA_DIR = join(stage.folder, `encrypted-${folders}`);
  const receiver = await stage.serve({ ...NOWHERE, ...keys, DATA_DIR });
  const journal = async (keys: ProcessSettings, ...args: string[]) => {
    const { code, stdout, stderr } = await runUnfriend(['journal', ...args, '--json'], { DATA_DIR, ...keys });
    return { code, stderr, document: stdout === '' ? undefined : JSON.parse(stdout) };
  };
  return { receiver, journal, dir: DATA_DIR };
}

async function send(receiver: KillableReceiver, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) await receiver.ledger.send(receiver.url);
  assert.equal(receiver.ledger.acknowledged, receiver.ledger.entries.length);
}

const acknowledgedIds = ({ ledger }: KillableReceiver) =>
  ledger.entries.flatMap(({ deliveryIds }) => [...deliveryIds]).sort();

const idsOf = ({ deliveries }: { deliveries: { deliveryId: string }[] }) =>
  deliveries.map(({ deliveryId }) => deliveryId).sort();

/** Accounts of the first callbacks, and the field that only a body has. */
const NAMES = ['from-0', 'to-0-0', 'from-1"', 'From_Account'];

async function journalState(receiver: KillableReceiver): Promise<string> {
  const { components } = (await (await fetch(`${receiver.ops}/readyz`)).json()) as {
    components: { journal: { ready: boolean; state: string } };
  };
  return components.journal.state;
}

describe('a receiver with PAYLOAD_KEYS', { concurrency: false }, () => {
  test('given kill -9 at random moments under load, then every acknowledged callback is in the journal, and no file and no log line names an account', async () => {
    const { receiver, journal, dir } = await serve(OLD);
    await receiver.ledger.sendBroken(receiver.url);
    const load = receiver.ledger.load(() => receiver.url, RATE);
    let logged = '';
    for (let round = 0; round < ROUNDS; round += 1) {
      const { acknowledged } = receiver.ledger;
      await until('some load', () => receiver.ledger.acknowledged > acknowledged + RATE / 2);
      await delay(Math.random() * 200);
      await receiver.kill();
      logged += receiver.process.stderr;
      await receiver.restart();
    }
    await load.stop();
    const { code, stderr, document } = await journal(OLD, 'list', '--limit', '10000');
    assert.equal(code, 0, stderr);
    const listed = new Set(idsOf(document));
    assert.deepEqual(
      acknowledgedIds(receiver).filter((id) => !listed.has(id)),
      [],
    );
    assert.equal(document.quarantined, 1);
    assert.deepEqual(searchFiles(dir, NAMES), []);
    for (const name of NAMES) assert.ok(!`${logged}${receiver.process.stderr}`.includes(name), name);
  });

  test('given keys that are turned on, and kill -9 at random moments of that start, then nothing is lost, and no file names an account', async () => {
    const { receiver, journal, dir } = await serve({});
    await send(receiver, 40);
    assert.notDeepEqual(searchFiles(dir, NAMES), []);
    for (let round = 0; round < ROUNDS; round += 1) {
      await receiver.kill();
      const restarting = receiver.restart(OLD).catch(() => undefined);
      await Promise.race([restarting, delay(Math.random() * receiver.startedWithin)]);
      await receiver.kill();
      await restarting;
    }
    await receiver.restart(OLD);
    const { document } = await journal(OLD);
    assert.deepEqual(idsOf(document), acknowledgedIds(receiver));
    assert.deepEqual(searchFiles(dir, NAMES), []);
  });

  test('given the old key removed too early, then its deliveries wait, readyz and a metric say for which key, and they are handed over once it is back', async () => {
    const { receiver } = await serve(OLD);
    await send(receiver, 30);
    await receiver.kill();
    await receiver.restart({ ...NEW, TEMPORAL_ADDRESS: stage.temporal.address });
    await until('all to wait', async () => (await receiver.metric('unfriend_journal_awaiting_key')) === 30);
    assert.match(await journalState(receiver), new RegExp(`30 wait for their key: ${MISSING}`));
    await send(receiver, 5);
    await until('the others to be handed over', async () => {
      return (await receiver.metric('unfriend_journal_dispatched_total')) === 5;
    });
    assert.equal(await receiver.metric('unfriend_journal_quarantined'), 0);
    assert.equal(await receiver.metric('unfriend_journal_damaged_total'), 0);

    await receiver.kill();
    await receiver.restart({ ...BOTH, TEMPORAL_ADDRESS: stage.temporal.address });
    await receiver.drained();
    assert.equal(await receiver.metric('unfriend_journal_dispatched_total'), 30);
  });
});

describe('unfriend journal, beside a receiver with PAYLOAD_KEYS', () => {
  test('given the keys, then it lists what the receiver holds; without them it lists ids, says what to set, and changes nothing', async () => {
    const { receiver, journal } = await serve(OLD);
    await send(receiver, 3);
    await receiver.ledger.sendBroken(receiver.url);
    assert.deepEqual(idsOf((await journal(OLD)).document), acknowledgedIds(receiver));
    const [entry] = (await journal(OLD, 'quarantine')).document.entries;
    assert.equal(entry.body, '{');

    for (const keys of [{}, NEW]) {
      const listed = await journal(keys);
      assert.equal(listed.code, 1);
      assert.match(listed.stderr, new RegExp(`can't decrypt 3 entries \\(${MISSING}\\). Set PAYLOAD_KEYS`));
      assert.deepEqual([listed.document.pending, listed.document.deliveries.length], [3, 0]);
      assert.deepEqual(listed.document.damaged, []);
      assert.equal(listed.document.undecryptable.length, 3);

      const quarantine = await journal(keys, 'quarantine');
      assert.equal(quarantine.code, 1);
      assert.deepEqual(quarantine.document.undecryptable, [{ id: entry.id, reason: MISSING }]);

      const requeued = await journal({ ...keys, SDK_APP_ID: '1400000000' }, 'requeue', entry.id);
      assert.equal(requeued.code, 1);
      assert.match(requeued.stderr, new RegExp(`It is ${MISSING}. Set PAYLOAD_KEYS`));
    }
    assert.equal((await journal(OLD, 'quarantine')).document.entries.length, 1);
    assert.equal((await journal(OLD)).document.deliveries.length, 3);
  });
});
