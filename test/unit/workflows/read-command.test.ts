import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { readCommand } from '../../../workflows/attention/read-command.ts';
import type { CommandName } from '../../../workflows/contract.ts';
import { planFriendDeleted } from '../../../workflows/planning/plan-friend-deleted.ts';
import { deliveryOf, largestPairs, pairsOf } from '../../support/inputs/deliveries.ts';

const DELIVERY = planFriendDeleted(deliveryOf(pairsOf(['alice', 'bob'], ['alice', 'carol'], ['a', '"b"'])));

function read(given: unknown, name: CommandName = 'retryFailed') {
  return readCommand(name, given, DELIVERY);
}

for (const [given, expected] of [
  [undefined, {}],
  [null, {}],
  [{}, {}],
  [{ sideEffect: null, pairs: null, by: null, reason: null }, {}],
  [{ sideEffect: 'notifyUsers' }, { sideEffect: 'notifyUsers' }],
  [{ pairs: [{ from: 'alice', to: 'carol' }] }, { pairs: new Set([1]) }],
  [
    {
      pairs: [
        { from: 'a', to: '"b"' },
        { from: 'a', to: '"b"', more: 1 },
      ],
    },
    { pairs: new Set([2]) },
  ],
  [{ by: ' erin ', reason: '  ' }, { by: 'erin' }],
] as const) {
  test(`retryFailed takes ${JSON.stringify(given)}`, () => {
    assert.deepEqual(read(given), { name: 'retryFailed', ...expected });
  });
}

for (const [given, message] of [
  ['clearCaches', 'expected an object such as {"sideEffect": "clearCaches"}'],
  [[], 'expected an object such as {"sideEffect": "clearCaches"}'],
  [{ sideEffects: 'clearCaches' }, '"sideEffects": expected sideEffect, pairs, by, reason only'],
  [
    { sideEffect: 'ClearCaches' },
    'sideEffect: "ClearCaches" is not a side effect of this delivery; expected one of clearCaches, updateSearchIndex, notifyUsers',
  ],
  [
    { sideEffect: ['clearCaches'] },
    'sideEffect: ["clearCaches"] is not a side effect of this delivery; expected one of clearCaches, updateSearchIndex, notifyUsers',
  ],
  [{ pairs: [] }, 'pairs: expected a list such as [{"from": "alice", "to": "bob"}]; leave it out for all'],
  [
    { pairs: { from: 'alice', to: 'bob' } },
    'pairs: expected a list such as [{"from": "alice", "to": "bob"}]; leave it out for all',
  ],
  [{ pairs: [{ from: 'alice', to: 'bob' }, 'x'] }, 'pairs[1]: expected {"from": "…", "to": "…"}'],
  [{ pairs: [{ from: 'alice' }] }, 'pairs[0]: expected {"from": "…", "to": "…"}'],
  [
    { pairs: [{ from: 'bob', to: 'alice' }] },
    'pairs[0]: not a pair of this delivery; "from" is the owner of the friend list',
  ],
  [{ by: 7 }, 'by: expected text'],
  [{ reason: {} }, 'reason: expected text'],
] as const) {
  test(`retryFailed refuses ${JSON.stringify(given)}, and says what to change`, () => {
    assert.throws(
      () => read(given),
      (error: unknown) => {
        assert.ok(error instanceof ApplicationFailure);
        assert.deepEqual([error.type, error.nonRetryable, error.message], ['InvalidCommand', true, message]);
        return true;
      },
    );
  });
}

for (const given of [undefined, {}, { reason: '' }, { reason: ' \n' }]) {
  test(`dismissFailed refuses ${JSON.stringify(given)}, because it needs a reason`, () => {
    assert.throws(() => read(given, 'dismissFailed'), /^ApplicationFailure: reason: missing/);
  });
}

test('a refusal shortens the input that it shows', () => {
  for (const given of [{ sideEffect: 'x'.repeat(1e5) }, { ['y'.repeat(1e5)]: 1 }]) {
    assert.throws(
      () => read(given),
      ({ message }: Error) => message.length < 300,
    );
  }
});

test('6,000 pairs are found among 6,000 without a search through all of them for each', () => {
  const pairs = largestPairs(6_000);
  let reads = 0;
  const counted = pairs.map(({ from, to }) => ({
    get from() {
      reads += 1;
      return from;
    },
    to,
  }));
  const planned = planFriendDeleted(deliveryOf(counted));
  reads = 0;
  const command = readCommand('retryFailed', { pairs }, planned);

  assert.equal(command.pairs?.size, 6_000);
  assert.ok(reads <= 3 * pairs.length, `the delivery's pairs were read ${reads} times`);
});
