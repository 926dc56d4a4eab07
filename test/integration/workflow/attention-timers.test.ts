import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { BackendError } from '../../../activities/backends/backend.ts';
import {
  type CarriedState,
  dismissFailedSignal,
  FRIEND_DELETED,
  type FriendDeletedInput,
  type Progress,
  progressQuery,
  retryFailedSignal,
  workflowId,
} from '../../../workflows/contract.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { createTimedWorker, DAY, HOUR, startTimeSkipping } from '../../support/servers/time-skipping.ts';
import { recordingSideEffects, workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

const PAIRS = pairsOf(['alice', 'bob'], ['alice', 'carol']);

let environment: TestWorkflowEnvironment;
before(async () => {
  environment = await startTimeSkipping();
});
after(() => environment.teardown());

/** A delivery whose search index refuses or is away, for as long as a test says. */
async function startDelivery(taskQueue: string, plan: Partial<FriendDeletedInput['plan']>) {
  const search = { failure: new BackendError('Rejected', 'no such index') as Error | undefined };
  const { activities } = recordingSideEffects({
    updateSearchIndex: () => {
      if (search.failure) throw search.failure;
    },
  });
  const input = workflowInput(PAIRS, { attentionFor: 7 * DAY, retryFor: HOUR, ...plan });
  const handle = await environment.client.workflow.start(FRIEND_DELETED, {
    taskQueue,
    workflowId: workflowId(input.delivery),
    args: [input],
  });
  return { search, activities, handle };
}

function progressOf(handle: WorkflowHandle): Promise<Progress> {
  return handle.query(progressQuery);
}

function parked(handle: WorkflowHandle, count: number): Promise<unknown> {
  return until(`${count} to be parked`, async () => (await progressOf(handle)).parkedTotal === count);
}

/** How the delivery failed, and after how many days of the server's time, which jumps on once it is closed. */
async function abandonedAfter(handle: WorkflowHandle) {
  const error = await handle.result().then(
    () => assert.fail('the workflow should have failed'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure);
  assert.equal(error.cause.type, 'SideEffectsAbandoned');
  const [progress, carried] = error.cause.details as [Progress, CarriedState];
  const { startTime, closeTime } = await handle.describe();
  return { progress, carried, days: (Number(closeTime) - startTime.getTime()) / DAY };
}

function assertAbout(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 0.1, `${actual} days instead of ${expected}`);
}

describe('ATTENTION_FOR', () => {
  test('given parked side effects and no command, when ATTENTION_FOR ends, then the workflow fails, and its details say what is undone', async () => {
    const { handle, activities } = await startDelivery('ignored', {});
    const worker = await createTimedWorker(environment, 'ignored', activities);
    await worker.runUntil(async () => {
      const { progress, carried, days } = await abandonedAfter(handle);
      assertAbout(days, 7);
      assert.deepEqual([progress.parkedTotal, progress.status], [2, 'NeedsAttention']);
      assert.deepEqual(
        Object.values(carried.sideEffects).map(({ marks }) => marks),
        ['dd', 'pp', 'd'],
      );
    });
  });

  test('given some of them dismissed, then ATTENTION_FOR starts again for the rest', async () => {
    const { handle, activities } = await startDelivery('dismissed', {});
    const worker = await createTimedWorker(environment, 'dismissed', activities);
    await worker.runUntil(async () => {
      await parked(handle, 2);
      await environment.sleep(5 * DAY);
      await handle.signal(dismissFailedSignal, { pairs: pairsOf(['alice', 'bob']), reason: 'gone' });
      await parked(handle, 1);
      const { progress, carried, days } = await abandonedAfter(handle);
      assertAbout(days, 12);
      assert.equal(progress.sideEffects.updateSearchIndex?.dismissed, 1);
      assert.equal(carried.actions?.length, 1);
    });
  });

  test('given a retry that uses up RETRY_FOR again, then ATTENTION_FOR starts again', async () => {
    const { handle, activities, search } = await startDelivery('retried', { retryFor: 6 * HOUR });
    const worker = await createTimedWorker(environment, 'retried', activities);
    await worker.runUntil(async () => {
      await parked(handle, 2);
      await environment.sleep(3 * DAY);
      search.failure = new BackendError('Unreachable', 'down');
      await handle.signal(retryFailedSignal, {});
      const { progress, days } = await abandonedAfter(handle);
      assertAbout(days, 3 + 0.25 + 7);
      assert.ok((progress.parked[0]?.attempts ?? 0) > 700);
    });
  });

  test('given ATTENTION_FOR=0, then the workflow fails at once', async () => {
    const { handle, activities } = await startDelivery('at-once', { attentionFor: 0 });
    const worker = await createTimedWorker(environment, 'at-once', activities);
    await worker.runUntil(async () => {
      assertAbout((await abandonedAfter(handle)).days, 0);
    });
  });
});
