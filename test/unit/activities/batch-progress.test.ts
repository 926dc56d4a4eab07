import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { SideEffectInput } from '../../../workflows/contract.ts';
import { deferred, settled } from '../../support/deferred.ts';
import { DONE, detailsOf, down, eachOf, inputOf, start } from '../../support/run-batch.ts';

test('given a batch that fails, then its last heartbeat says what is done; a short batch that succeeds sends no heartbeat', async () => {
  const input = inputOf(2);
  const fails = start(
    eachOf(input, (position) => {
      if (position === 1) throw down();
    }),
    input,
  );
  await fails.failure(ApplicationFailure);
  assert.deepEqual(fails.heartbeats, [[DONE, null]]);
  const succeeds = start({ each: async () => 'done' }, input);
  await succeeds.result;
  assert.deepEqual(succeeds.heartbeats, []);
});

test('given a slow call, then heartbeats with what is done so far come at least every 3 s, until the end', async (t) => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ['setInterval'] });
  const input = inputOf(2);
  const slow = deferred();
  const run = start(
    eachOf(input, (position) => (position === 1 ? slow : undefined)),
    input,
  );
  await settled();
  for (let second = 0; second < 9; second += 1) mock.timers.tick(1_000);
  assert.ok(run.heartbeats.length >= 3);
  assert.deepEqual(run.heartbeats.at(-1), [DONE, null]);
  slow.resolve();
  await run.result;
  const { length } = run.heartbeats;
  mock.timers.tick(60_000);
  assert.equal(run.heartbeats.length, length);
});

/** The first call succeeds in spite of the signal. All other calls fail because of it. */
function interruptible(input: SideEffectInput) {
  const first = deferred();
  const called: number[] = [];
  const act = eachOf(input, (position, { signal }) => {
    called.push(position);
    if (position === 0) return first;
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  });
  return { act, first, called };
}

test('given a batch cancelled in the middle, then it waits for running calls, starts no others, and reports what is done', async () => {
  const input = inputOf(20);
  const { act, first, called } = interruptible(input);
  const run = start(act, input, { attempt: 2 });
  await settled();
  run.env.cancel();
  await settled();
  first.resolve();
  const failure = await run.failure(CancelledFailure);
  assert.deepEqual(detailsOf(failure), { attempt: 2, outcomes: [DONE, ...Array(19).fill(null)] });
  assert.equal(called.length, 8);
});

test('given a success that comes after the cancellation, then it counts', async () => {
  const input = inputOf(1);
  const { act, first } = interruptible(input);
  const run = start(act, input);
  await settled();
  run.env.cancel();
  first.resolve();
  assert.deepEqual(await run.result, [DONE]);
});

for (const [reason, type] of [
  ['WORKER_SHUTDOWN', 'WorkerShutdown'],
  ['PAUSED', 'ActivityPause'],
  ['RESET', 'ActivityReset'],
] as const) {
  test(`given ${reason} in the middle of a batch, then it fails as ${type}, is retried, and reports what is done`, async () => {
    const input = inputOf(2);
    const { act, first } = interruptible(input);
    const run = start(act, input);
    await settled();
    run.env.cancel(reason);
    first.resolve();
    const failure = await run.failure(ApplicationFailure);
    assert.deepEqual([failure.type, failure.nonRetryable], [type, false]);
    assert.deepEqual(detailsOf(failure).outcomes, [DONE, null]);
  });
}
