import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyRing } from '../../../src/encryption/key-ring.ts';
import { startOptions } from '../../../src/temporal/start/start-delivery.ts';
import { FEWEST_PAIRS_CUT, searchAttributes } from '../../../workflows/contract.ts';
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

const ring = new KeyRing([{ id: 'k1', secret: Buffer.alloc(32, 1) }]);
const HASHED = { ...ABOUT, hashAccount: (account: string) => ring.hashAccount(account) };

test('with a key, a delivery is indexed by hashes of its accounts, and by no name', () => {
  const hashed = startOptions(deliveryOf(pairsOf(['alice', 'bob'], ['alice', 'carol'])), HASHED);
  assert.deepEqual(
    accountsOf(hashed),
    ['alice', 'bob', 'carol'].map((account) => ring.hashAccount(account)),
  );
  assert.doesNotMatch(JSON.stringify(hashed.typedSearchAttributes), /alice|bob|carol/);
});

test('79 hashes fit the search attribute, and the memo says if there are more', () => {
  const pairsWith = (accounts: number) =>
    Array.from({ length: accounts - 1 }, (_, index) => ({ from: 'id', to: `id${index}` }));
  const fits = startOptions(deliveryOf(pairsWith(79)), HASHED);
  assert.deepEqual([(accountsOf(fits) as string[]).length, fits.memo], [79, { bodyHash: 'hash' }]);
  const cut = startOptions(deliveryOf(pairsWith(80)), HASHED);
  assert.deepEqual([(accountsOf(cut) as string[]).length, cut.memo.accountsCut], [79, true]);
});

test('no delivery with fewer pairs than FEWEST_PAIRS_CUT is cut, however long its accounts are', () => {
  // In JSON each of these letters takes two bytes.
  const quotes = (index: number) =>
    index.toString(2).padStart(32, '0').replaceAll('0', '"').replaceAll('1', '\\');
  const pairsOfQuotes = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ from: quotes(2 * index), to: quotes(2 * index + 1) }));
  assert.equal(
    startOptions(deliveryOf(pairsOfQuotes(FEWEST_PAIRS_CUT - 1)), ABOUT).memo.accountsCut,
    undefined,
  );
  assert.equal(startOptions(deliveryOf(pairsOfQuotes(FEWEST_PAIRS_CUT)), ABOUT).memo.accountsCut, true);
});
