import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { BackendError } from '../../../activities/backends/backend.ts';
import type { BatchCall, SideEffectImplementation } from '../../../activities/side-effect.ts';
import type { PairOutcome, SideEffectInput } from '../../../workflows/contract.ts';
import { deliveryOf, pairsOf } from '../../support/inputs/deliveries.ts';
import { DONE, detailsOf, down, eachOf, inputOf, start } from '../../support/run-batch.ts';

test('given a batch in which some pairs fail and some have an outcome, then it closes, and reports every outcome and when to go on', async () => {
  const input = inputOf(4);
  const act = eachOf(input, (position) => {
    if (position === 1) throw down();
    if (position === 2) throw new BackendError('Rejected', 'no such account');
  });
  const failure = await start(act, input, { attempt: 3 }).failure(ApplicationFailure);
  assert.deepEqual([failure.type, failure.nonRetryable], ['Unreachable', true]);
  const rejected = { status: 'failed', error: { type: 'Rejected', message: 'no such account' }, attempt: 3 };
  // 4 s is the server's back-off after the third attempt.
  assert.deepEqual(detailsOf(failure), {
    attempt: 3,
    outcomes: [DONE, null, rejected, DONE],
    again: 4_000,
  });
});

test('given a batch in which no pair has an outcome, then the server retries it', async () => {
  const act = eachOf(inputOf(2), () => {
    throw down();
  });
  const failure = await start(act, inputOf(2), { attempt: 3 }).failure(ApplicationFailure);
  assert.equal(failure.nonRetryable, false);
  assert.deepEqual(detailsOf(failure), { attempt: 3, outcomes: [null, null] });
});

test('given a batch that continues from an earlier heartbeat and fails, then it closes, and reports everything that is done', async () => {
  const act = eachOf(inputOf(2), () => {
    throw down();
  });
  const failure = await start(act, inputOf(2), { attempt: 2, heartbeatDetails: [DONE, null] }).failure(
    ApplicationFailure,
  );
  assert.equal(failure.nonRetryable, true);
  assert.deepEqual(detailsOf(failure), { attempt: 2, outcomes: [DONE, null], again: 2_000 });
});

test('given a backend that asks for a pause, then the rest of a batch waits as long', async () => {
  const act = eachOf(inputOf(2), (position) => {
    if (position === 1) throw new BackendError('Busy', 'slow down', { retryAfter: 60_000 });
  });
  const failure = await start(act, inputOf(2), { attempt: 1 }).failure(ApplicationFailure);
  assert.equal(detailsOf(failure).again, 60_000);
});

test('given a batch whose failures no retry can mend, then it resolves with one outcome per pair', async () => {
  const input = inputOf(3);
  const act = eachOf(input, (position) => {
    if (position !== 1) throw new BackendError('Rejected', `no ${position}`);
  });
  const outcomes = await start(act, input).result;
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.status === 'done' ? outcome.detail : outcome.error.message)),
    ['no 0', 'done', 'no 2'],
  );
});

for (const kind of ['each', 'all'] as const) {
  test(`given an earlier heartbeat, then ${kind} is called only for pairs without an outcome, and every outcome is returned`, async () => {
    const input = inputOf(4);
    const failed: PairOutcome = { status: 'failed', error: { type: 'Rejected', message: 'no' }, attempt: 1 };
    const called: string[] = [];
    const note = ({ pairs }: BatchCall) => {
      called.push(...pairs.map(({ to }) => to));
      return pairs.map(() => 'done');
    };
    const act: SideEffectImplementation =
      kind === 'each' ? eachOf(input, (_, call) => note(call)) : { all: async (call) => note(call) };
    const run = start(act, input, { attempt: 2, heartbeatDetails: [DONE, null, failed, null] });
    assert.deepEqual(await run.result, [DONE, DONE, failed, DONE]);
    assert.deepEqual(called, [input.pairs[1]?.to, input.pairs[3]?.to]);
  });

  test(`given an earlier heartbeat with every outcome, then ${kind} is not called`, async () => {
    const input = inputOf(2);
    const never = () => assert.fail('called');
    const act: SideEffectImplementation = kind === 'each' ? eachOf(input, never) : { all: never };
    assert.deepEqual(await start(act, input, { heartbeatDetails: [DONE, DONE] }).result, [DONE, DONE]);
  });
}

for (const heartbeatDetails of [undefined, 'x', [DONE], [DONE, DONE, DONE]]) {
  test(`given a heartbeat that does not fit the input (${JSON.stringify(heartbeatDetails)}), then everything is tried`, async () => {
    let calls = 0;
    const act: SideEffectImplementation = { each: async () => String(++calls) };
    await start(act, inputOf(2), { heartbeatDetails }).result;
    assert.equal(calls, 2);
  });
}

test('given messages, then each is called with the pairs of one message, and its outcome is the outcome of all of them', async () => {
  const pairs = pairsOf(['a', 'x'], ['a', 'y'], ['b', 'z']);
  const input: SideEffectInput = {
    delivery: deliveryOf(pairs).delivery,
    pairs,
    messages: [
      { recipient: 'a', part: 1, parts: 1, pairs: 2 },
      { recipient: 'b', part: 1, parts: 1, pairs: 1 },
    ],
  };
  const calls: unknown[] = [];
  const act: SideEffectImplementation = {
    async each({ message, pairs: own }) {
      calls.push([message, own]);
      if (message?.recipient === 'a') throw down();
      return 'done';
    },
  };
  const failure = await start(act, input).failure(ApplicationFailure);
  assert.deepEqual(calls, [
    [{ recipient: 'a', part: 1, parts: 1 }, pairs.slice(0, 2)],
    [{ recipient: 'b', part: 1, parts: 1 }, pairs.slice(2)],
  ]);
  assert.deepEqual(detailsOf(failure).outcomes, [null, null, DONE]);
});

test('given a backend that is down, then a batch stops after a few failures in a row', async () => {
  let calls = 0;
  const act: SideEffectImplementation = {
    async each() {
      calls += 1;
      throw down();
    },
  };
  await start(act, inputOf(1_000)).failure(ApplicationFailure);
  assert.ok(calls >= 5 && calls < 20, `${calls} calls`);
});

test('given failures that are not in a row, then every pair is tried', async () => {
  const input = inputOf(200);
  let calls = 0;
  const act = eachOf(input, (position) => {
    calls += 1;
    if (position % 2 === 0) throw down();
  });
  const failure = await start(act, input).failure(ApplicationFailure);
  assert.equal(calls, 200);
  assert.equal(detailsOf(failure).outcomes?.filter((outcome) => outcome === null).length, 100);
});

test('given several failures that ask for a pause, then the next attempt waits for the longest', async () => {
  const input = inputOf(3);
  const act = eachOf(input, (position) => {
    throw new BackendError('Busy', 'slow down', { retryAfter: 1_000 * (position + 1) });
  });
  assert.equal((await start(act, input).failure(ApplicationFailure)).nextRetryDelay, 3_000);
});

test('given that `all` returns too few results, then the missing pairs are tried again', async () => {
  const failure = await start({ all: async () => ['done'] }, inputOf(2)).failure(ApplicationFailure);
  assert.deepEqual(detailsOf(failure).outcomes, [DONE, null]);
});

test('given long errors, then the outcome of each pair stays short', async () => {
  const input = inputOf(2);
  const act = eachOf(input, () => {
    throw new BackendError('Rejected', 'x'.repeat(100_000));
  });
  assert.ok(JSON.stringify(await start(act, input).result).length < 1_000);
});
