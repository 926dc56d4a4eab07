import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import type { PairOutcome } from '../../../workflows/contract.ts';
import {
  readActivityFailure,
  resultsOfUnits,
  type UnitResult,
} from '../../../workflows/side-effect/activity-result.ts';

const DONE: PairOutcome = { status: 'done', detail: 'cleared' };
const REJECTED: PairOutcome = { status: 'failed', error: { type: 'Rejected', message: 'no' }, attempt: 2 };
const PARKED = { type: 'Rejected', message: 'no', attempts: 2, retryable: false };
const DOWN = { type: 'Unreachable', message: 'down', attempts: 3, retryable: true };

function closedBy(cause: Error, retryState: RetryState = RetryState.RETRY_POLICY_NOT_SET): ActivityFailure {
  return new ActivityFailure('failed', 'clearCaches', '1', retryState, 'worker', cause);
}

function failedWith(outcomes?: (PairOutcome | null)[]): ActivityFailure {
  const details = [{ attempt: 3, ...(outcomes && { outcomes }) }];
  return closedBy(ApplicationFailure.create({ type: 'Unreachable', message: 'down', details }));
}

test('given an activity that resolved, then each unit is done, or has failed permanently with its own error', () => {
  const results = resultsOfUnits({ outcomes: [DONE, REJECTED], withoutOutcome: 'done' }, [1, 1]);
  assert.deepEqual(results, ['done', PARKED]);
});

for (const outcomes of [undefined, null, 'done', [], [DONE]]) {
  test(`given an activity that resolved with ${JSON.stringify(outcomes)}, then all of its units are done`, () => {
    assert.deepEqual(resultsOfUnits({ outcomes, withoutOutcome: 'done' }, [1, 1]), ['done', 'done']);
  });
}

test('given a failure with an outcome per pair, then done pairs stay done, and the other units have the failure', () => {
  const closed = readActivityFailure(failedWith([DONE, null, REJECTED]));
  assert.deepEqual(resultsOfUnits(closed, [1, 1, 1]), ['done', DOWN, PARKED]);
});

test('a message is done when all its pairs are done, and has failed permanently when one of them has', () => {
  const closed = readActivityFailure(failedWith([DONE, DONE, DONE, null, REJECTED, REJECTED, null]));
  assert.deepEqual(resultsOfUnits(closed, [2, 2, 2, 1]), ['done', DOWN, PARKED, DOWN]);
});

test('a unit is befriended only when all its pairs are: a message with another pair was sent', () => {
  const befriended: PairOutcome = { status: 'done', detail: 'befriended' };
  const outcomes = [befriended, befriended, befriended, DONE];
  const results = resultsOfUnits({ outcomes, withoutOutcome: 'done' }, [1, 1, 2]);
  assert.deepEqual(results, ['befriended', 'befriended', 'done']);
});

test('given a failure without outcomes, then every unit has that failure', () => {
  assert.deepEqual(resultsOfUnits(readActivityFailure(failedWith()), [1, 2]), [DOWN, DOWN]);
});

test('given a batch that closed to report progress, then the rest is tried again, and it is known when', () => {
  const details = [{ attempt: 3, outcomes: [DONE, null, REJECTED], again: 4_000 }];
  const failure = ApplicationFailure.create({
    type: 'Unreachable',
    message: 'down',
    details,
    nonRetryable: true,
  });
  const closed = readActivityFailure(closedBy(failure));
  assert.equal(closed.again, 4_000);
  assert.deepEqual(resultsOfUnits(closed, [1, 1, 1]), ['done', DOWN, PARKED]);
});

test('a failure that no retry can mend is not retryable', () => {
  const failure = ApplicationFailure.nonRetryable('no', 'Rejected', { attempt: 2 });
  assert.deepEqual(resultsOfUnits(readActivityFailure(closedBy(failure)), [1]), [PARKED]);
});

test('given a worker that was killed, then the last heartbeat says what is done', () => {
  const timeout = new TimeoutFailure('gone', [DONE, null], TimeoutType.HEARTBEAT);
  const undone: UnitResult = { type: 'Timeout', message: 'no answer in time', attempts: 1, retryable: true };
  assert.deepEqual(resultsOfUnits(readActivityFailure(closedBy(timeout)), [1, 1]), ['done', undone]);
});

test('given a timeout after the last attempt, then all attempts count', () => {
  const timeout = new TimeoutFailure('gone', undefined, TimeoutType.START_TO_CLOSE);
  const { withoutOutcome } = readActivityFailure(closedBy(timeout, RetryState.MAXIMUM_ATTEMPTS_REACHED), 124);
  assert.ok(typeof withoutOutcome === 'object' && withoutOutcome.attempts === 124);
});

test('given an activity cancelled in the middle, then what is done counts, and the status of the rest does not change', () => {
  const cancelled = new CancelledFailure('CANCELLED', [{ attempt: 2, outcomes: [DONE, null, REJECTED] }]);
  for (const error of [cancelled, closedBy(cancelled)]) {
    assert.deepEqual(resultsOfUnits(readActivityFailure(error), [1, 1, 1]), ['done', undefined, PARKED]);
  }
});

test('given an activity cancelled before it ran, then the status of no unit changes', () => {
  const cancelled = closedBy(new CancelledFailure('cancelled', ['ACTIVITY_ID_NOT_STARTED']));
  assert.deepEqual(resultsOfUnits(readActivityFailure(cancelled), [1, 2]), [undefined, undefined]);
});

test('an error that is not the failure of an activity is thrown again', () => {
  assert.throws(() => readActivityFailure(new TypeError('a bug')), /a bug/);
});
