import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { BackendError } from '../../../activities/backends/backend.ts';
import { relayCallback } from '../../../activities/relay-callback.ts';
import { idempotencyKey } from '../../../activities/side-effect.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { CALLBACK, relayedCommandOf } from '../../support/inputs/relayed.ts';
import { describeOutcomes, runnerOf } from '../../support/run-side-effect.ts';

const { delivery } = relayedCommandOf();
const INPUT = { delivery, pairs: [], callback: CALLBACK };

/** An endpoint whose answer is what `relay` says. */
function endpointOf(relay: () => Promise<'relayed'>) {
  return { endpoint: { relay, check: async () => [], close: async () => {} } };
}

async function failureOf(run: Promise<unknown>): Promise<ApplicationFailure> {
  const failure = await run.catch((error: unknown) => error);
  assert.ok(failure instanceof ApplicationFailure, String(failure));
  return failure;
}

test('the key of a callback is made from its delivery alone, so that every try has the same', () => {
  const key = idempotencyKey('relayCallback', { delivery, pairs: [], callback: CALLBACK });
  assert.equal(key, '1400000000/delivery-1/relayCallback');
  const [pair] = pairsOf(['alice', 'bob']);
  assert.ok(pair);
  assert.equal(
    idempotencyKey('clearCaches', { delivery, pairs: [pair] }),
    '1400000000/delivery-1/clearCaches/alice/bob',
  );
});

test('given that the endpoint took it, then the activity has the one outcome of the callback', async () => {
  const run = runnerOf(
    relayCallback,
    endpointOf(async () => 'relayed'),
  );
  assert.deepEqual(describeOutcomes(await run(INPUT)), ['done relayed']);
});

for (const [type, nonRetryable] of [
  ['ServerError', false],
  ['Unreachable', false],
  ['Rejected', true],
  ['Unauthorized', true],
] as const) {
  test(`given ${type} of the endpoint, then the failure says so, and is ${nonRetryable ? 'not ' : ''}retried`, async () => {
    const refuse = async () => {
      throw new BackendError(type, 'the endpoint at app: no');
    };
    const failure = await failureOf(runnerOf(relayCallback, endpointOf(refuse))(INPUT, { attempt: 3 }));
    assert.deepEqual(
      [failure.type, failure.message, failure.nonRetryable, failure.details],
      [type, 'the endpoint at app: no', nonRetryable, [{ attempt: 3 }]],
    );
  });
}

test('given a pause that the endpoint asked for, then the next try comes after it', async () => {
  const refuse = async () => {
    throw new BackendError('Busy', 'slow down', { retryAfter: 90_000 });
  };
  const { nextRetryDelay } = await failureOf(runnerOf(relayCallback, endpointOf(refuse))(INPUT));
  assert.equal(nextRetryDelay, 90_000);
});

test('given a worker without RELAY_URL, then the callback waits for a person, because it was acknowledged', async () => {
  const failure = await failureOf(runnerOf(relayCallback, { endpoint: null })(INPUT));
  assert.deepEqual([failure.type, failure.nonRetryable], ['Rejected', true]);
  assert.match(failure.message, /this worker has no RELAY_URL: set it, then retry/);
});
