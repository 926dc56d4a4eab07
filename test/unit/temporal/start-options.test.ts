import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startOptions } from '../../../src/temporal/start/start-delivery.ts';
import { searchAttributes } from '../../../workflows/contract.ts';
import { deliveryOf, largestPairs, pairsOf } from '../../support/inputs/deliveries.ts';

const ABOUT = { taskQueue: 'unfriend', bodyHash: 'hash', indexAccounts: true };

function accountsOf({ typedSearchAttributes }: ReturnType<typeof startOptions>): unknown {
  return typedSearchAttributes.find(({ key }) => key.name === searchAttributes.accounts.name)?.value;
}

test('a delivery whose accounts do not all fit the search attribute says so in its memo', () => {
  const large = startOptions(deliveryOf(largestPairs(100)), ABOUT);
  assert.deepEqual(large.memo, { bodyHash: 'hash', accountsCut: true });
  const accounts = accountsOf(large) as string[];
  assert.ok(accounts.length > 10 && accounts.length < 200, String(accounts.length));
});

test('a delivery whose accounts all fit, or are not indexed at all, has no such memo', () => {
  const small = startOptions(deliveryOf(pairsOf(['alice', 'bob'], ['alice', 'carol'])), ABOUT);
  assert.deepEqual(accountsOf(small), ['alice', 'bob', 'carol']);
  assert.deepEqual(small.memo, { bodyHash: 'hash' });
  const off = startOptions(deliveryOf(largestPairs(100)), { ...ABOUT, indexAccounts: false });
  assert.deepEqual([off.memo, accountsOf(off)], [{ bodyHash: 'hash' }, undefined]);
});
