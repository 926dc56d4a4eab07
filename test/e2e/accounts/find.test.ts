import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { searchAttributes } from '../../../workflows/contract.ts';
import { largestPairs, pairsOf } from '../../support/inputs/deliveries.ts';
import { differences, documentedJson } from '../../support/inputs/documented-json.ts';
import { relayedCommandOf } from '../../support/inputs/relayed.ts';
import { AccountStage, payloadKey } from '../../support/stages/account-stage.ts';
import { deliveryIdOf } from '../../support/stages/attention-stage.ts';
import { workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

type Entry = { id: string; kind: string; deliveryId: string | null; pairs: number | null };
type Document = {
  hashes: { key: string; hash: string }[];
  open: number;
  closed: number;
  workflows: { workflowId: string; execution: string; status: string; link: string }[];
  journal: { pending: Entry[]; quarantined: Entry[]; damaged: string[] } | null;
  notSearchable: { cut: number; notIndexed: number; relayed: number; reconciled: number };
  setAside: string[];
  link: string | null;
};

const OLD = payloadKey('old');
const NEW = payloadKey('new');

let stage: AccountStage;
const ids: Record<'done' | 'parked' | 'abandoned' | 'terminated' | 'open' | 'hashed', string> = {} as never;
before(async () => {
  stage = await AccountStage.start();
  const { deliveries } = stage;
  await deliveries.withWorker(async () => {
    ids.done = await deliveries.deliver(pairsOf(['alice', 'bob'], ['bob', 'alice']));
    await deliveries.ended('Completed', ids.done, await deliveries.deliver(pairsOf(['Alice', 'bob'])));
    ids.abandoned = await deliveries.abandoned(pairsOf(['alice', 'carol']));
    deliveries.startAfresh();
    await deliveries.act('retry', ids.abandoned);
    await deliveries.ended('Completed', `${ids.abandoned}/retry-1`);
    deliveries.break('updateSearchIndex', 'parked');
    ids.parked = await deliveries.deliver(pairsOf(['parked', 'alice']));
    await deliveries.waiting(ids.parked);
  });
  ids.terminated = await deliveries.deliver(pairsOf(['alice', 'dave']));
  await deliveries.handle(ids.terminated).terminate();
  await deliveries.ended('Terminated', ids.terminated);
  ids.open = await deliveries.deliver(pairsOf(['erin', 'alice']));
  ids.hashed = await stage.deliver(workflowInput(pairsOf(['alice', 'hashed'])), { key: OLD });
  await stage.deliver(workflowInput(largestPairs(100)));
  await stage.deliver(workflowInput(pairsOf(['alice', 'unseen'])), { indexAccounts: false });
  await stage.deliver(relayedCommandOf());
  await until('all to be listed', async () => {
    const { count } = await deliveries.temporal.client.workflow.count('WorkflowType IS NOT NULL');
    return count === 11;
  });
});
after(() => stage.stop());

const find = (account: string, settings?: Record<string, string>) =>
  stage.json<Document>(['find', account], settings);

describe('unfriend find', () => {
  test('given no journal on this machine, then it says so, and finds what is in Temporal: open, closed, parked, retried', async () => {
    const { code, document } = await find('alice');
    assert.equal(code, 0);
    const expected = {
      [ids.done]: 'COMPLETED',
      [ids.abandoned]: 'FAILED',
      [`${ids.abandoned}/retry-1`]: 'COMPLETED',
      [ids.parked]: 'RUNNING',
      [ids.terminated]: 'TERMINATED',
      [ids.open]: 'RUNNING',
    };
    assert.deepEqual(
      Object.fromEntries(document.workflows.map(({ workflowId, execution }) => [workflowId, execution])),
      expected,
    );
    assert.deepEqual([document.open, document.closed, document.journal], [2, 4, null]);
    assert.deepEqual(document.notSearchable, { cut: 1, notIndexed: 1, relayed: 1, reconciled: 0 });
    const parked = document.workflows.find(({ workflowId }) => workflowId === ids.parked);
    assert.equal(parked?.status, 'NeedsAttention');
    assert.match(String(parked?.link), /\/namespaces\/.*\/workflows\/friend-deleted/);
    const { stdout } = await stage.unfriend(['find', 'alice']);
    assert.match(stdout, /^ +a journal: there is none in .*Run this on every receiver$/m);
  });

  test('given keys that were turned on and rotated, then a delivery of before is found by its hash, and the hashes are told', async () => {
    const { document } = await find('alice', { PAYLOAD_KEYS: `${NEW},${OLD}` });
    assert.equal(document.workflows.length, 7);
    assert.ok(document.workflows.some(({ workflowId }) => workflowId === ids.hashed));
    assert.deepEqual(
      document.hashes.map(({ key, hash }) => [key, hash.length]),
      [
        ['new', 22],
        ['old', 22],
      ],
    );
    const listed: string[] = [];
    const query = `UnfriendAccounts="${document.hashes[1]?.hash}"`;
    for await (const { workflowId } of stage.deliveries.temporal.client.workflow.list({ query }))
      listed.push(workflowId);
    assert.deepEqual(listed, [ids.hashed]);
    assert.equal((await find('alice', { PAYLOAD_KEYS: NEW })).document.workflows.length, 6);
  });

  test('given a closed delivery with hashes, when it is retried without the key, then the retry has the same hashes', async () => {
    const { deliveries } = stage;
    const id = await stage.deliver(workflowInput(pairsOf(['hashed', 'retried'])), { key: OLD });
    await deliveries.handle(id).terminate();
    await deliveries.ended('Terminated', id);
    await deliveries.act('retry', id);
    const [before, now] = [
      await deliveries.handle(id).describe(),
      await deliveries.handle(`${id}/retry-1`).describe(),
    ];
    const { accounts } = searchAttributes;
    assert.equal(before.typedSearchAttributes.get(accounts)?.length, 2);
    assert.deepEqual(now.typedSearchAttributes.get(accounts), before.typedSearchAttributes.get(accounts));
    await deliveries.handle(`${id}/retry-1`).terminate();
  });

  test('given a journal and a quarantine, then it finds in them what names the account, and tells what is damaged', async () => {
    await stage.journal('waiting', ['alice', 'frank']);
    await stage.journal('of-others', ['alice2', 'frank']);
    await stage.quarantine('never', ['frank', 'alice']);
    await stage.quarantineRaw(
      '{"CallbackCommand":"Sns.CallbackFriendDelete","PairList":{"To_Account":"alice"}}',
    );
    await stage.quarantineRaw('{"PairList":{"To_Account":"alice2"}}');
    await stage.quarantineDamaged();
    mkdirSync(join(stage.folder.path, 'journal.corrupt-2026-01-01T00-00-00'));
    const { code, document } = await find('alice');
    assert.equal(code, 0);
    const { pending, quarantined, damaged } = document.journal ?? assert.fail('there is a journal');
    const named = (entries: Entry[]) =>
      entries.map(({ kind, deliveryId, pairs }) => [kind, deliveryId, pairs]);
    assert.deepEqual(named(pending), [['delivery', 'waiting', 1]]);
    assert.deepEqual(named(quarantined), [
      ['delivery', 'never', 1],
      ['raw', null, null],
    ]);
    assert.deepEqual([damaged.length, document.setAside.length], [1, 1]);
    assert.deepEqual(differences(document, documentedJson('find')[0]), []);
  });

  test('for people it is a table, with what was not searched, what to type next, and the same list in the Temporal UI', async () => {
    const { code, stdout } = await stage.unfriend(['find', 'alice', '--limit', '3'], {
      PAYLOAD_KEYS: `${NEW},${OLD}`,
    });
    assert.equal(code, 0);
    assert.match(stdout, /^3 open and 4 closed in Temporal, 1 pending in the journal, 2 in the quarantine$/m);
    assert.match(stdout, /^DELIVERY +WHERE +STATUS +PAIRS +RECEIVED OR STARTED$/m);
    assert.match(stdout, /^waiting +journal +pending +1 +20/m);
    assert.match(stdout, /^\w{26} +quarantine +raw +20/m);
    assert.match(stdout, /^and 4 more: see --limit/m);
    assert.match(stdout, /^Not searched:\n( {2}.+\n)+/m);
    assert.match(stdout, /^ {2}1 delivery with more accounts than the search attribute holds$/m);
    assert.match(stdout, /^ {2}1 delivery without accounts in search attributes \(INDEX_ACCOUNTS=off\)$/m);
    assert.match(stdout, /^ {2}\S{22} \(key old\)$/m);
    assert.match(stdout, /npx unfriend status <delivery id>/);
    assert.match(stdout, /npx unfriend erase <account> --dry-run/);
    const link = new URL(String(stdout.match(/http\S+/)?.[0]));
    const { count } = await stage.deliveries.temporal.client.workflow.count(
      String(link.searchParams.get('query')),
    );
    // Some databases do not tell alice from Alice.
    assert.ok(count >= 7, String(count));
  });

  test('given nothing that carries the account, then it ends with 0', async () => {
    const { code, document } = await find('nobody');
    assert.deepEqual([code, document.open, document.closed, document.workflows], [0, 0, 0, []]);
    const { stdout } = await stage.unfriend(['find', 'nobody']);
    assert.match(stdout, /^0 open and 0 closed in Temporal, 0 pending in the journal, 0 in the quarantine$/m);
  });

  test('given a name with a quote, then it says that this takes long, and finds it', async () => {
    const name = 'say "alice"';
    const id = await stage.deliver(workflowInput(pairsOf([name, 'bob'])));
    await stage.deliveries.temporal.client.workflow.getHandle(id).terminate();
    await stage.deliveries.ended('Terminated', id);
    const { code, document, stderr } = await find(name);
    assert.deepEqual([code, document.workflows.map(({ workflowId }) => workflowId)], [0, [id]]);
    assert.equal(document.link, null);
    assert.match(stderr, /quotes or backslashes: all deliveries are read/);
    assert.equal(deliveryIdOf(id).includes('alice'), false);
  });

  const wrong: [string[], RegExp][] = [
    [['find'], /missing required argument 'account'/],
    [['find', ''], /expected a UserID: 1–32 bytes/],
    [['find', 'a'.repeat(33)], /expected a UserID/],
    [['find', 'Zoë'], /expected a UserID/],
    [['find', 'alice', '--limit', '0'], /whole number/],
    [['erase', 'a\nb', '--yes'], /expected a UserID/],
    [['erase', 'alice'], /no terminal to ask on: add --yes, or --dry-run/],
  ];
  for (const [args, message] of wrong) {
    test(`wrong usage ends with 2: ${JSON.stringify(args)}`, async () => {
      const { code, stdout, stderr } = await stage.unfriend(args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, message);
    });
  }
});
