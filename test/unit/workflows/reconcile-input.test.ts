import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { INVALID_INPUT } from '../../../workflows/contract.ts';
import { readReconcileInput } from '../../../workflows/reconcile/read-input.ts';

for (const [given, message] of [
  [undefined, /^expected an object such as/],
  [[], /^expected an object/],
  [{}, /^expected either "fromIndex": true or "accounts"/],
  [{ fromIndex: false }, /^expected either/],
  [{ fromIndex: true, accounts: ['alice'] }, /^expected either/],
  [{ fromIndex: 'yes' }, /^fromIndex: expected true or false/],
  [{ fromIndex: true, dry_run: true }, /^dry_run: expected fromIndex, accounts, dryRun, rate/],
  [{ fromIndex: true, dryRun: 1 }, /^dryRun: expected true or false/],
  [{ fromIndex: true, rate: 0 }, /^rate: expected calls per second/],
  [{ accounts: [] }, /^accounts: expected a list of UserIDs/],
  [{ accounts: ['alice', ''] }, /^accounts\[1\]: expected a UserID/],
  [{ accounts: Array(10_001).fill('alice') }, /^accounts: expected at most 10000/],
] as const) {
  test(`the input ${JSON.stringify(given)?.slice(0, 60)} is refused, and the message says what to change`, () => {
    assert.throws(
      () => readReconcileInput(given),
      (error) =>
        error instanceof ApplicationFailure && error.type === INVALID_INPUT && message.test(error.message),
    );
  });
}

test('a valid input stays as it is', () => {
  for (const input of [{ fromIndex: true }, { accounts: ['alice', 'b:o b'], dryRun: true, rate: 2.5 }])
    assert.deepEqual(readReconcileInput(input), input);
});
