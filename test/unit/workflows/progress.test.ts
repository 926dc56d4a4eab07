import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_PARKED_LISTED } from '../../../workflows/contract.ts';
import type { SideEffectState } from '../../../workflows/side-effect/state.ts';
import { deliveryOf, pairsOf, progressOf } from '../../support/inputs/deliveries.ts';

const TWO_WAY = pairsOf(['alice', 'bob'], ['bob', 'alice']);
const UNREACHABLE = { type: 'ConnectionRefused', message: 'no cache at 6379' };
const NO_ACCOUNT = { type: 'NoSuchAccount', message: '90048' };

function start(...[pairs, plan]: Parameters<typeof deliveryOf>) {
  const progress = progressOf(deliveryOf(pairs, plan));
  const [caches, search, notify] = progress.sideEffects as [
    SideEffectState,
    SideEffectState,
    SideEffectState,
  ];
  return { progress, caches, search, notify };
}

function finish(...sideEffects: SideEffectState[]): void {
  for (const sideEffect of sideEffects) for (const unit of sideEffect.units.keys()) sideEffect.succeed(unit);
}

/** The cells of the table, as GitHub's Markdown cuts them. By default from the line of the first side effect. */
function cells(table: string, fromLine = 4): string[][] {
  return table
    .split('\n')
    .slice(fromLine)
    .map((row) => [...row.slice(1).matchAll(/((?:\\.|[^\\|])*)\|/gs)].map(([, cell]) => (cell ?? '').trim()));
}

test('a delivery starts with every pair of every side effect pending', () => {
  const { progress } = start(TWO_WAY);
  const pending = { pending: 2, retrying: 0, done: 0, parked: 0, dismissed: 0, total: 2 };
  assert.deepEqual(progress.snapshot(), {
    deliveryId: 'delivery-1',
    status: 'Running',
    pairs: 2,
    sideEffects: { clearCaches: pending, updateSearchIndex: pending, notifyUsers: pending },
    parked: [],
    parkedTotal: 0,
    errors: [],
  });
});

test('the status is NeedsAttention before Retrying, before Running, before Done', () => {
  const { progress, caches, search, notify } = start(TWO_WAY);
  finish(search, notify);
  assert.equal(progress.status, 'Running');
  caches.fail(0, 'retrying', { ...UNREACHABLE, attempts: 1 });
  assert.equal(progress.status, 'Retrying');
  caches.fail(1, 'parked', { ...NO_ACCOUNT, attempts: 1 });
  assert.equal(progress.status, 'NeedsAttention');
  caches.succeed(1);
  assert.equal(progress.status, 'Retrying');
  caches.succeed(0);
  assert.equal(progress.status, 'Done');
});

test('a failed pair goes from pending to retrying to parked to done, and the other pairs stay as they are', () => {
  const { caches } = start(TWO_WAY);
  const zero = { pending: 1, retrying: 0, done: 0, parked: 0, dismissed: 0, total: 2 };
  caches.fail(1, 'retrying', { ...UNREACHABLE, attempts: 1 });
  assert.deepEqual(caches.counts, { ...zero, retrying: 1 });
  assert.deepEqual(caches.unitsWith('retrying'), [1]);
  assert.deepEqual(caches.unitsWith('pending'), [0]);
  caches.fail(1, 'parked', { ...UNREACHABLE, attempts: 65 });
  assert.deepEqual(caches.counts, { ...zero, parked: 1 });
  assert.equal(caches.attempts(1), 65);
  caches.succeed(1);
  assert.deepEqual(caches.counts, { ...zero, done: 1 });
  assert.equal(caches.attempts(1), 0);
});

test('a parked side effect is listed with its pair, name, error and attempts', () => {
  const { progress, search } = start(TWO_WAY);
  search.fail(1, 'parked', { ...NO_ACCOUNT, attempts: 3 });
  search.fail(0, 'retrying', { ...UNREACHABLE, attempts: 1 });
  const { parked, parkedTotal } = progress.snapshot();
  assert.deepEqual(parked, [
    { from: 'bob', to: 'alice', sideEffect: 'updateSearchIndex', error: NO_ACCOUNT, attempts: 3 },
  ]);
  assert.equal(parkedTotal, 1);
});

test('equal errors are counted together, and leave the list when their pairs are done', () => {
  const { progress, caches, search } = start(TWO_WAY);
  caches.fail(0, 'retrying', { ...UNREACHABLE, attempts: 1 });
  caches.fail(1, 'retrying', { ...UNREACHABLE, attempts: 1 });
  search.fail(0, 'parked', { ...NO_ACCOUNT, attempts: 1 });
  assert.deepEqual(progress.snapshot().errors, [
    { ...UNREACHABLE, count: 2 },
    { ...NO_ACCOUNT, count: 1 },
  ]);
  caches.succeed(0);
  search.succeed(0);
  assert.deepEqual(progress.snapshot().errors, [{ ...UNREACHABLE, count: 1 }]);
  caches.succeed(1);
  assert.deepEqual(progress.snapshot().errors, []);
});

test('a pair is done only when every message that carries it is done', () => {
  const { notify } = start(pairsOf(['alice', 'bob']), { notifyRecipient: 'both' });
  notify.succeed(0);
  assert.deepEqual([notify.counts.done, notify.counts.pending], [0, 1]);
  notify.fail(1, 'parked', { ...NO_ACCOUNT, attempts: 1 });
  assert.deepEqual([notify.counts.done, notify.counts.parked], [0, 1]);
  notify.succeed(1);
  assert.deepEqual([notify.counts.done, notify.counts.total], [1, 1]);
});

test('a failed message holds up every pair that it carries', () => {
  const { progress, notify } = start(pairsOf(['alice', 'bob'], ['alice', 'carol'], ['dave', 'bob']));
  notify.fail(0, 'parked', { ...NO_ACCOUNT, attempts: 1 });
  assert.deepEqual([notify.counts.parked, notify.counts.pending], [2, 1]);
  const { parked, errors } = progress.snapshot();
  assert.deepEqual(
    parked.map(({ from, to }) => `${from} ${to}`),
    ['alice bob', 'alice carol'],
  );
  assert.deepEqual(errors, [{ ...NO_ACCOUNT, count: 2 }]);
});

test('given a pair whose messages to both accounts are parked, then it is listed and counted once', () => {
  const { progress, notify } = start(pairsOf(['alice', 'bob']), { notifyRecipient: 'both' });
  for (const unit of notify.units.keys()) notify.fail(unit, 'parked', { ...NO_ACCOUNT, attempts: 1 });
  const { parked, parkedTotal, errors } = progress.snapshot();
  assert.equal(parkedTotal, 1);
  assert.deepEqual([parked.length, errors[0]?.count], [1, 1]);
});

test(`at most ${MAX_PARKED_LISTED} parked pairs are listed, but all are counted`, () => {
  const pairs = Array.from({ length: 150 }, (_, index) => ({ from: 'alice', to: `f${index}` }));
  const { progress, caches, search } = start(pairs);
  for (const state of [caches, search]) {
    for (const unit of state.units.keys()) state.fail(unit, 'parked', { ...NO_ACCOUNT, attempts: 1 });
  }
  const { parked, parkedTotal } = progress.snapshot();
  assert.deepEqual([parked.length, parkedTotal], [200, 300]);
});

test('the table has one row per side effect: done (without line breaks), retrying, parked and the last error', () => {
  const { progress, caches, search, notify } = start(TWO_WAY);
  finish(notify);
  caches.fail(0, 'retrying', { ...UNREACHABLE, attempts: 1 });
  search.fail(0, 'parked', { ...NO_ACCOUNT, attempts: 1 });
  search.succeed(1);
  const table = progress.table();
  assert.match(table, /^\*\*NeedsAttention\*\*: alice ↔ bob\n\n\|/);
  assert.deepEqual(cells(table, 2)[0], ['side effect', 'done', 'retrying', 'parked', 'last error']);
  assert.deepEqual(cells(table), [
    ['clearCaches', '0\u00a0of\u00a02', '1', '0', 'ConnectionRefused: no cache at 6379'],
    ['updateSearchIndex', '1\u00a0of\u00a02', '0', '1', 'NoSuchAccount: 90048'],
    ['notifyUsers', '2\u00a0of\u00a02', '0', '0', ''],
  ]);
});

test('the last error leaves the table when no failure is left', () => {
  const { progress, caches } = start(TWO_WAY);
  caches.fail(0, 'retrying', { ...UNREACHABLE, attempts: 1 });
  caches.succeed(0);
  assert.doesNotMatch(progress.table(), /ConnectionRefused/);
});

for (const [what, message] of [
  ['a pipe', 'a | b'],
  ['line breaks', 'a\nb\r\nc\u2028d'],
  ['a backslash before a pipe', 'C:\\|D:'],
  ['a backslash at the end', 'C:\\'],
] as const) {
  test(`given an error message with ${what}, then the table keeps its cells`, () => {
    const { progress, caches } = start(TWO_WAY);
    caches.fail(0, 'retrying', { type: 'Strange', message, attempts: 1 });
    const rows = progress.table().split('\n').slice(4);
    assert.equal(rows.length, 3);
    assert.equal(cells(progress.table())[0]?.length, 5);
  });
}
