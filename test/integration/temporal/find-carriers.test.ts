import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { KeyRing } from '../../../src/encryption/key-ring.ts';
import { carrierQuery, newestCarrierQuery } from '../../../src/temporal/accounts/carrier-query.ts';
import { describeCarrier } from '../../../src/temporal/accounts/describe-carrier.ts';
import { countNotSearchable, findCarriers } from '../../../src/temporal/accounts/find-carriers.ts';
import { seekAccount } from '../../../src/temporal/accounts/sought-account.ts';
import { pagesOfRuns } from '../../../src/temporal/attention/list-runs.ts';
import { startOptions } from '../../../src/temporal/start/start-delivery.ts';
import {
  RECONCILE_FRIENDS,
  searchAttributes,
  workflowId,
  workflowTypeOf,
} from '../../../workflows/contract.ts';
import type { AnyDeliveryInput } from '../../../workflows/planning/plan-delivery.ts';
import { largestPairs, pairsOf } from '../../support/inputs/deliveries.ts';
import { relayedCommandOf } from '../../support/inputs/relayed.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

/** Names that a query, or the database behind it, could take for something else. */
const AWKWARD = [
  ...[
    'alice',
    'Alice',
    'ALICE',
    'alice2',
    ' lead',
    'trail ',
    'a b',
    'a,b',
    'a;b)',
    '--x',
    '-',
    '--',
    '/*',
    '`x`',
  ],
  ...["o'brien", "'", "'q'", "''", "a\\'b", 'say "hi"', '"', '""', '"q"', 'a\\"b', '{"a":1}'],
  ...[
    'back\\slash',
    '\\',
    'end\\',
    'a\\\\b',
    'a\\nb',
    '%',
    'a%',
    '_',
    'a_ice',
    '*',
    'alice*',
    '^a',
    '$1',
    '?',
  ],
  ...[
    '@RBT#001',
    'NULL',
    'true',
    '1',
    '1.5',
    '[a]',
    'a:b',
    'a OR b',
    'NOT a',
    '{a b}',
    'a" OR "b',
    '~'.repeat(32),
  ],
];

const K1 = { id: 'k1', secret: Buffer.alloc(32, 1) };
const K2 = { id: 'k2', secret: Buffer.alloc(32, 2) };

let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(() => temporal.stop());

type Index = { indexAccounts?: boolean; key?: typeof K1 };

/** Starts a delivery that no worker takes, and returns its workflow id. */
async function deliver(input: AnyDeliveryInput, { indexAccounts = true, key }: Index = {}): Promise<string> {
  const id = workflowId(input.delivery);
  const ring = key && new KeyRing([key]);
  const hashAccount = ring && ((account: string) => ring.hashAccount(account));
  const about = { taskQueue: 'nobody-polls', bodyHash: id, indexAccounts, hashAccount };
  await temporal.client.workflow.start(workflowTypeOf(input.delivery), {
    ...startOptions(input, about),
    workflowId: id,
  });
  await until(`${id} to be listed`, async () => {
    for await (const _ of temporal.client.workflow.list({ query: `WorkflowId="${id}"` })) return true;
    return false;
  });
  return id;
}

async function found(account: string, keys: (typeof K1)[] = []): Promise<string[]> {
  const sought = seekAccount(account, keys);
  const ids: string[] = [];
  for await (const run of findCarriers(temporal.client, sought, carrierQuery(sought)))
    ids.push(describeCarrier(run).workflowId);
  return ids;
}

describe('what carries an account in Temporal', () => {
  const ids = new Map<string, string>();
  before(async () => {
    for (const name of AWKWARD) ids.set(name, await deliver(workflowInput(pairsOf([name, 'somebody']))));
  });

  for (const name of AWKWARD) {
    test(`${JSON.stringify(name)} is found by exactly its own name`, async () => {
      assert.deepEqual(await found(name), [ids.get(name)]);
    });
  }

  test('given several pages, then each of their runs is found once', async () => {
    const sizes: number[] = [];
    const runIds = new Set<string>();
    const query = newestCarrierQuery(seekAccount('somebody', []));
    for await (const page of pagesOfRuns(temporal.client, { query, pageSize: 7 })) {
      sizes.push(page.length);
      for (const { execution } of page) runIds.add(execution?.runId ?? '');
    }
    assert.equal(runIds.size, AWKWARD.length);
    assert.ok(sizes.length >= AWKWARD.length / 7, String(sizes));
    assert.equal((await found('somebody')).length, AWKWARD.length);
  });

  test('what is told of a run is what its own description has', async () => {
    const sought = seekAccount('alice', []);
    for await (const run of findCarriers(temporal.client, sought, newestCarrierQuery(sought))) {
      const told = describeCarrier(run);
      const known = await temporal.client.workflow.getHandle(told.workflowId, told.runId).describe();
      assert.deepEqual(told, {
        deliveryId: told.workflowId.split('/')[2],
        workflowId: ids.get('alice'),
        runId: known.runId,
        execution: known.status.name,
        status: known.typedSearchAttributes.get(searchAttributes.status),
        pairs: 1,
        startTime: known.startTime.toISOString(),
        closeTime: null,
      });
    }
  });
});

describe('with PAYLOAD_KEYS', () => {
  test('given keys that were turned on, and then rotated, then a delivery of each time is found, and by no other key', async () => {
    const pairs = pairsOf(['rotated "1"', 'friend']);
    const plain = await deliver(workflowInput(pairs));
    const old = await deliver(workflowInput(pairs), { key: K1 });
    const recent = await deliver(workflowInput(pairs), { key: K2 });
    for (const account of ['rotated "1"', 'friend']) {
      const all = [plain, old, recent];
      assert.deepEqual((await found(account, [K2, K1])).toSorted(), all.toSorted());
      assert.deepEqual((await found(account, [K2])).toSorted(), [plain, recent].toSorted());
      assert.deepEqual(await found(account), [plain]);
    }
  });

  test('hashes in Temporal show no name', async () => {
    const id = await deliver(workflowInput(pairsOf(['nobody-sees-me', 'nor-me'])), { key: K1 });
    const { typedSearchAttributes } = await temporal.client.workflow.getHandle(id).describe();
    const ring = new KeyRing([K1]);
    const expected = ['nobody-sees-me', 'nor-me'].map((account) => ring.hashAccount(account));
    assert.deepEqual(typedSearchAttributes.get(searchAttributes.accounts), expected);
  });
});

test('what no search can show is counted: cut lists, deliveries without a list, callbacks of other commands, runs of reconcile', async () => {
  const large = largestPairs(100);
  const first = seekAccount(String(large[0]?.from), [K1]);
  const last = seekAccount(String(large.at(-1)?.to), [K1]);
  assert.deepEqual(await countNotSearchable(temporal.client, first), {
    cut: 0,
    notIndexed: 0,
    relayed: 0,
    reconciled: 0,
  });
  await deliver(workflowInput(large));
  await deliver(workflowInput(large), { key: K1 });
  await deliver(workflowInput(pairsOf(['alice', 'bob'])), { indexAccounts: false });
  await deliver(relayedCommandOf());
  await temporal.client.workflow.start(RECONCILE_FRIENDS, {
    taskQueue: 'nobody-polls',
    workflowId: 'reconcile',
    args: [{ accounts: ['alice'] }],
  });
  await until('the run of reconcile to be listed', async () => {
    const { count } = await temporal.client.workflow.count('WorkflowId="reconcile"');
    return count === 1;
  });
  assert.equal((await found(first.account, [K1])).length, 2);
  assert.deepEqual(await countNotSearchable(temporal.client, first), {
    cut: 0,
    notIndexed: 1,
    relayed: 1,
    reconciled: 1,
  });
  assert.equal((await found(last.account, [K1])).length, 0);
  assert.deepEqual(await countNotSearchable(temporal.client, last), {
    cut: 2,
    notIndexed: 1,
    relayed: 1,
    reconciled: 1,
  });
});
