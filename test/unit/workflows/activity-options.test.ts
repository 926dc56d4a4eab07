import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActivityCancellationType, compileRetryPolicy } from '@temporalio/common';
import fc from 'fast-check';
import ms from 'ms';
import { backoffAfter, firstPass, retryPass, retryPolicy } from '../../../workflows/activity-options.ts';

/** How long the server waits in total between `attempts` attempts, in ms. */
function waits(
  { initialInterval, backoffCoefficient, maximumInterval }: ReturnType<typeof retryPolicy>,
  attempts: number,
) {
  let waited = 0;
  for (let gap = 0; gap < attempts - 1; gap += 1) {
    waited += Math.min(Number(initialInterval) * Number(backoffCoefficient) ** gap, Number(maximumInterval));
  }
  return waited;
}

test('the attempts fit into RETRY_FOR, and one more attempt would not', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: ms('14d') }), (retryFor) => {
      const policy = retryPolicy(retryFor);
      assert.ok(policy.maximumAttempts >= 1);
      assert.ok(waits(policy, policy.maximumAttempts) <= retryFor);
      assert.ok(waits(policy, policy.maximumAttempts + 1) > retryFor);
    }),
  );
});

for (const [retryFor, attempts] of [
  ['0s', 1],
  ['999ms', 1],
  ['1s', 2],
  ['2999ms', 2],
  ['3s', 3],
  ['61s', 7],
  ['1h', 124],
] as const) {
  test(`RETRY_FOR=${retryFor} allows ${attempts} attempts`, () => {
    assert.equal(retryPolicy(ms(retryFor)).maximumAttempts, attempts);
  });
}

test('the computed back-off after an attempt is the back-off of the policy', () => {
  const policy = retryPolicy(ms('1h'));
  for (let attempt = 1; attempt < 65; attempt += 1) {
    assert.equal(backoffAfter(attempt), waits(policy, attempt + 1) - waits(policy, attempt));
  }
});

test('Temporal takes the policy, whatever RETRY_FOR is', () => {
  for (const retryFor of ['0s', '1s', '1h', '365d'] as const) compileRetryPolicy(retryPolicy(ms(retryFor)));
});

test('the first pass tries once', () => {
  for (const units of [1, 100]) assert.equal(firstPass(units).retry?.maximumAttempts, 1);
});

test('the retry pass is retried by the server for RETRY_FOR', () => {
  for (const units of [1, 100]) assert.deepEqual(retryPass(units, ms('1h')).retry, retryPolicy(ms('1h')));
});

for (const [name, options] of [
  ['first', firstPass(1)],
  ['retry', retryPass(1, ms('1h'))],
  ['first batched', firstPass(100)],
  ['retry batched', retryPass(100, ms('1h'))],
] as const) {
  test(`in the ${name} pass the time of an attempt is bounded, and the time in a queue without workers is not`, () => {
    assert.ok(options.startToCloseTimeout);
    assert.equal(options.scheduleToCloseTimeout, undefined);
    assert.equal(options.scheduleToStartTimeout, undefined);
  });

  test(`the workflow waits for a cancelled activity of the ${name} pass, so a success that arrives meanwhile counts`, () => {
    assert.equal(options.cancellationType, ActivityCancellationType.WAIT_CANCELLATION_COMPLETED);
  });
}

test('missing heartbeats end a batch whose worker is gone, long before its timeout', () => {
  for (const options of [firstPass(2), retryPass(2, ms('1h'))]) {
    assert.ok(ms(options.heartbeatTimeout as ms.StringValue) <= ms('10s'));
    assert.ok(ms(options.startToCloseTimeout as ms.StringValue) >= ms('5m'));
  }
});
