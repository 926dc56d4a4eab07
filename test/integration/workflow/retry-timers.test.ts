import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { FRIEND_DELETED, type Progress, workflowId } from '../../../workflows/contract.ts';
import { createTimedWorker, HOUR, MINUTE, startTimeSkipping } from '../../support/servers/time-skipping.ts';
import { donePairs, recordingSideEffects, workflowInput } from '../../support/stages/worker.ts';

let environment: TestWorkflowEnvironment;
before(async () => {
  environment = await startTimeSkipping();
});
after(() => environment.teardown());

describe('retries over RETRY_FOR', () => {
  test('given a backend that is down for 50 minutes, then its side effect still happens', async () => {
    const { result, ledger } = await runWithBackendDownFor(50 * MINUTE);
    await result;
    assert.deepEqual(donePairs(ledger.updateSearchIndex), ['alice → bob']);
  });

  test('given a backend that is down for longer, then the workflow fails after about RETRY_FOR', async () => {
    const { result, ledger, lastTryAfter } = await runWithBackendDownFor(3 * HOUR);
    const failure = await result.then(
      () => assert.fail('the workflow should have failed'),
      (error: unknown) => error,
    );
    assert.ok(failure instanceof WorkflowFailedError && failure.cause instanceof ApplicationFailure);
    assert.equal(failure.cause.type, 'SideEffectsAbandoned');
    const [progress] = failure.cause.details as [Progress];
    const [parked] = progress.parked;
    assert.deepEqual(parked?.error, { type: 'Error', message: 'search is down' });
    // 1 + 2 + 4 + 8 + 16 s, then half a minute each: 124 tries after the first pass fit into an hour.
    assert.equal(parked?.attempts, 1 + 124);
    assert.ok(
      lastTryAfter() > HOUR - 2 * MINUTE && lastTryAfter() < HOUR + 2 * MINUTE,
      `${lastTryAfter()} ms`,
    );
    assert.deepEqual(donePairs(ledger.clearCaches), ['alice → bob']);
  });
});

async function runWithBackendDownFor(outage: number) {
  const startedAt = await environment.currentTimeMs();
  let now = startedAt;
  const { ledger, activities } = recordingSideEffects({
    updateSearchIndex: () => {
      if (now - startedAt < outage) throw new Error('search is down');
    },
  });
  const clocked = Object.fromEntries(
    Object.entries(activities).map(([name, run]) => [
      name,
      async (input: Parameters<typeof run>[0]) => {
        now = await environment.currentTimeMs();
        return run(input);
      },
    ]),
  );
  const taskQueue = `retry-timers-${outage}`;
  const worker = await createTimedWorker(environment, taskQueue, clocked);
  const input = workflowInput([{ from: 'alice', to: 'bob' }], { retryFor: HOUR });
  const result = worker.runUntil(
    environment.client.workflow.execute(FRIEND_DELETED, {
      taskQueue,
      workflowId: workflowId(input.delivery),
      args: [input],
    }),
  );
  return { result, ledger, lastTryAfter: () => now - startedAt };
}
