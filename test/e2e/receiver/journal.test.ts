import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { composeCallback } from '../../../src/callback/compose-request.ts';
import { JournalStore } from '../../../src/journal/store.ts';
import { postSigned } from '../../support/inputs/callbacks.ts';
import { FREE_PORTS, runUnfriend, UnfriendProcess } from '../../support/servers/process.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

type Listed = { pending: number; quarantined: number; deliveries: { deliveryId: string; pairs: number }[] };
type Quarantine = {
  quarantined: number;
  entries: { id: string; kind: string; reason: string; body?: string; entry?: string }[];
};

describe('unfriend journal, beside a receiver whose Temporal is away', () => {
  const folder = temporaryFolder();
  const settings = { ...FREE_PORTS, DATA_DIR: folder.path, TEMPORAL_ADDRESS: '127.0.0.1:1' };
  let receiver: UnfriendProcess;
  let url: string;
  let ops: string;

  before(async () => {
    receiver = new UnfriendProcess(['serve'], settings);
    url = String((await receiver.log('taking callbacks')).url);
    ops = String((await receiver.log('health, readiness and metrics')).url);
  });
  after(async () => {
    receiver.child.kill('SIGTERM');
    await receiver.exit();
    folder.remove();
  });

  async function json<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await runUnfriend(['journal', ...args, '--json'], settings);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as T;
  }

  /** As the dispatcher would, in another process: the journal takes that. */
  async function quarantineDelivery(deliveryId: string): Promise<void> {
    const store = await JournalStore.open({ dir: join(folder.path, 'journal') });
    const delivery = { deliveryId, sdkAppId: String(FREE_PORTS.SDK_APP_ID), receivedAt: Date.now() };
    const pending = { delivery, pairs: [{ from: 'a', to: 'b' }], bodyHash: 'none' };
    await store.addQuarantined({ kind: 'delivery', reason: 'why', quarantinedAt: Date.now(), pending });
    await store.close();
  }

  test('an acknowledged delivery is listed, and the receiver stays ready', async () => {
    assert.equal((await postSigned(url, { requestId: 'waiting-1' })).status, 200);
    const { pending, deliveries } = await json<Listed>();
    assert.equal(pending, 1);
    assert.deepEqual(
      deliveries.map(({ deliveryId, pairs }) => [deliveryId, pairs]),
      [['waiting-1', 3]],
    );
    assert.equal((await fetch(`${ops}/readyz`)).status, 200);
    const metrics = await (await fetch(`${ops}/metrics`)).text();
    assert.match(metrics, /^unfriend_journal_pending 1$/m);
    assert.match(metrics, /^unfriend_journal_oldest_pending_age_seconds \d/m);
  });

  test('status finds an acknowledged delivery in the journal, and says since when it waits and why', async () => {
    const { code, stdout } = await runUnfriend(['status', 'waiting-1'], settings);
    assert.equal(code, 0);
    assert.match(stdout, /^waiting-1: acknowledged \S+Z, waits in the journal, 3 pairs$/m);
    assert.match(stdout, /^ {2}since \d+m?s: Temporal can't be asked: .*TEMPORAL_ADDRESS/m);
    const told = await runUnfriend(['status', 'waiting-1', '--json'], settings);
    const { status, where, pairs, before } = JSON.parse(told.stdout);
    assert.deepEqual([status, where, pairs, before], ['Pending', 'journal', 3, 0]);
    const nowhere = await runUnfriend(['status', 'nobody'], settings);
    assert.deepEqual([nowhere.code, nowhere.stdout], [1, '']);
  });

  test('status --watch waits with a delivery in the journal', async () => {
    const watching = new UnfriendProcess(['status', 'waiting-1', '--watch'], settings);
    await until('what it waits for', () => /waits in the journal/.test(watching.stderr));
    assert.equal(watching.child.exitCode, null);
    await watching.kill();
  });

  test('GET /deliveries/<id> says where a delivery is, without an account', async () => {
    const answer = await fetch(`${ops}/deliveries/waiting-1`);
    const { receivedAt, ...known } = (await answer.json()) as { receivedAt: string };
    assert.equal(answer.status, 200);
    assert.ok(Date.parse(receivedAt) > 0);
    assert.deepEqual(known, { deliveryId: 'waiting-1', where: 'journal', pairs: 3, before: 0 });
    const other = await fetch(`${ops}/deliveries/nobody`);
    assert.equal(other.status, 503);
    assert.match(await other.text(), /Temporal can't be asked/);
  });

  test('a signed callback of ours that breaks the schema is refused, kept raw, and listed without its signature', async () => {
    const target = new URL(url);
    const { query } = composeCallback({
      sdkAppId: String(FREE_PORTS.SDK_APP_ID),
      token: String(FREE_PORTS.CALLBACK_TOKEN),
      pairs: [],
      now: Date.now(),
      requestId: 'broken-1',
    });
    target.search = query.toString();
    const response = await fetch(target, {
      method: 'POST',
      body: '{"CallbackCommand":"Sns.CallbackFriendDelete"}',
    });
    assert.equal(response.status, 400);
    const { quarantined, entries } = await json<Quarantine>('quarantine');
    assert.equal(quarantined, 1);
    assert.match(entries[0]?.reason ?? '', /^PairList: /);
    assert.equal(entries[0]?.body, '{"CallbackCommand":"Sns.CallbackFriendDelete"}');
    assert.doesNotMatch(JSON.stringify(entries), /Sign|RequestTime/);
  });

  test('requeue says why an entry still can’t be read, and reports an id that does not exist', async () => {
    const [entry] = (await json<Quarantine>('quarantine')).entries;
    const unreadable = await runUnfriend(['journal', 'requeue', entry?.id ?? ''], settings);
    assert.equal(unreadable.code, 1);
    assert.match(unreadable.stderr, /can't read it either: PairList/);
    const unknown = await runUnfriend(['journal', 'requeue', 'nothing'], settings);
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /Nothing with the id nothing/);
  });

  test('given several entries of which one fails, then requeue continues, and reports the result of each', async () => {
    await quarantineDelivery('mended-1');
    const held = await runUnfriend(['status', 'mended-1'], settings);
    assert.equal(held.code, 1);
    assert.match(held.stdout, /^mended-1: acknowledged \S+Z, in the quarantine since \S+Z, 1 pair$/m);
    assert.match(held.stdout, /^ {2}why$/m);
    assert.match(held.stdout, /npx unfriend journal requeue \w+/);
    const { entries } = await json<Quarantine>('quarantine');
    const [unreadable = '', mended = ''] = entries.map(({ id }) => id);
    const ids = ['nothing', mended, unreadable];
    const { code, stdout, stderr } = await runUnfriend(['journal', 'requeue', ...ids, '--json'], settings);
    assert.equal(code, 1);
    const { requeued, failed } = JSON.parse(stdout) as { requeued: unknown[]; failed: { id: string }[] };
    assert.deepEqual(requeued, [{ id: mended, deliveryId: 'mended-1' }]);
    assert.deepEqual(
      failed.map(({ id }) => id),
      ['nothing', unreadable],
    );
    for (const { id } of failed) assert.match(stderr, new RegExp(`^${id}: `, 'm'));
    assert.equal((await json<Listed>()).pending, 2);
  });

  test('an entry that the disk damaged is listed with its bytes, and requeue says that nothing can read it', async () => {
    const store = await JournalStore.open({ dir: join(folder.path, 'journal') });
    const entry = Buffer.from('what is left').toString('base64');
    await store.addQuarantined({ kind: 'damaged', reason: 'checksum', quarantinedAt: Date.now(), entry });
    await store.close();
    const listed = (await json<Quarantine>('quarantine')).entries.find(({ kind }) => kind === 'damaged');
    assert.equal(listed?.reason, 'checksum');
    assert.equal(listed?.entry, entry);
    const requeued = await runUnfriend(['journal', 'requeue', listed?.id ?? ''], settings);
    assert.equal(requeued.code, 1);
    assert.match(requeued.stderr, /The disk damaged this entry/);
  });

  test('given a folder without a journal, then the command says so', async () => {
    const { code, stderr } = await runUnfriend(['journal'], {
      ...settings,
      JOURNAL_DIR: `${folder.path}/nowhere`,
    });
    assert.equal(code, 1);
    assert.match(stderr, /No journal in .*JOURNAL_DIR/);
  });

  test('a second receiver on the same journal ends with 1 and says what to set', async () => {
    const { code, stderr } = await runUnfriend(['serve'], settings);
    assert.equal(code, 1);
    assert.match(stderr, /Another process of Unfriend has the journal.*set JOURNAL_DIR/s);
  });
});
