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
import type { Outcome } from '../../workflows/contract.ts';
import { readFailure, resultsOf, type UnitResult } from '../../workflows/failures.ts';

const DONE: Outcome = { status: 'done', detail: 'cleared' };
const REJECTED: Outcome = { status: 'failed', error: { type: 'Rejected', message: 'no' }, attempt: 2 };
const PARKED = { type: 'Rejected', message: 'no', attempts: 2, retryable: false };
const DOWN = { type: 'Unreachable', message: 'down', attempts: 3, retryable: true };

function closedBy(cause: Error, retryState: RetryState = RetryState.RETRY_POLICY_NOT_SET): ActivityFailure {
  return new ActivityFailure('failed', 'clearCaches', '1', retryState, 'worker', cause);
}

function failedWith(outcomes?: (Outcome | null)[]): ActivityFailure {
  const details = [{ attempt: 3, ...(outcomes && { outcomes }) }];
  return closedBy(ApplicationFailure.create({ type: 'Unreachable', message: 'down', details }));
}

test('given an activity that resolved, then each unit is done, or failed for good with its own error', () => {
  const results = resultsOf({ outcomes: [DONE, REJECTED], rest: 'done' }, [1, 1]);
  assert.deepEqual(results, ['done', PARKED]);
});

for (const outcomes of [undefined, null, 'done', [], [DONE]]) {
  test(`given an activity that resolved with ${JSON.stringify(outcomes)}, then all of its units are done`, () => {
    assert.deepEqual(resultsOf({ outcomes, rest: 'done' }, [1, 1]), ['done', 'done']);
  });
}

test('given a failure that tells of each pair, then what is done is done and the rest has the failure', () => {
  const closed = readFailure(failedWith([DONE, null, REJECTED]));
  assert.deepEqual(resultsOf(closed, [1, 1, 1]), ['done', DOWN, PARKED]);
});

test('a message is done when all its pairs are, and failed for good when one is', () => {
  const closed = readFailure(failedWith([DONE, DONE, DONE, null, REJECTED, REJECTED, null]));
  assert.deepEqual(resultsOf(closed, [2, 2, 2, 1]), ['done', DOWN, PARKED, DOWN]);
});

test('given a failure that tells of no pair, then it is that of every unit', () => {
  assert.deepEqual(resultsOf(readFailure(failedWith()), [1, 2]), [DOWN, DOWN]);
});

test('given a batch that ended because it got something done, then the rest is worth another try, and says when', () => {
  const details = [{ attempt: 3, outcomes: [DONE, null, REJECTED], again: 4_000 }];
  const failure = ApplicationFailure.create({
    ...{ type: 'Unreachable', message: 'down', details, nonRetryable: true },
  });
  const closed = readFailure(closedBy(failure));
  assert.equal(closed.again, 4_000);
  assert.deepEqual(resultsOf(closed, [1, 1, 1]), ['done', DOWN, PARKED]);
});

test('a failure that no retry can mend is told as such', () => {
  const failure = ApplicationFailure.nonRetryable('no', 'Rejected', { attempt: 2 });
  assert.deepEqual(resultsOf(readFailure(closedBy(failure)), [1]), [PARKED]);
});

test('given a worker that was killed, then the last heartbeat tells what is done', () => {
  const timeout = new TimeoutFailure('gone', [DONE, null], TimeoutType.HEARTBEAT);
  const undone: UnitResult = { type: 'Timeout', message: 'no answer in time', attempts: 1, retryable: true };
  assert.deepEqual(resultsOf(readFailure(closedBy(timeout)), [1, 1]), ['done', undone]);
});

test('given a timeout after the last attempt, then all attempts count', () => {
  const timeout = new TimeoutFailure('gone', undefined, TimeoutType.START_TO_CLOSE);
  const { rest } = readFailure(closedBy(timeout, RetryState.MAXIMUM_ATTEMPTS_REACHED), 124);
  assert.ok(typeof rest === 'object' && rest.attempts === 124);
});

test('given an activity cancelled in the middle, then what is done counts and the rest stays as it was', () => {
  const cancelled = new CancelledFailure('CANCELLED', [{ attempt: 2, outcomes: [DONE, null, REJECTED] }]);
  for (const error of [cancelled, closedBy(cancelled)]) {
    assert.deepEqual(resultsOf(readFailure(error), [1, 1, 1]), ['done', undefined, PARKED]);
  }
});

test('given an activity cancelled before it ran, then every unit stays as it was', () => {
  const cancelled = closedBy(new CancelledFailure('cancelled', ['ACTIVITY_ID_NOT_STARTED']));
  assert.deepEqual(resultsOf(readFailure(cancelled), [1, 2]), [undefined, undefined]);
});

test('what is no activity’s failure is thrown on', () => {
  assert.throws(() => readFailure(new TypeError('a bug')), /a bug/);
});
