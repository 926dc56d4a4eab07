import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { BackendError } from '../../../activities/backends/backend.ts';
import { composeRetry } from '../../../workflows/compose-retry.ts';
import {
  ATTENTION_MEMO,
  type AttentionMemo,
  type CarriedState,
  carriedQuery,
  FRIEND_DELETED,
  type Progress,
  progressQuery,
  retryFailedUpdate,
  retryWorkflowId,
} from '../../../workflows/contract.ts';
import { PLANNED } from '../../support/inputs/deliveries.ts';
import { assertDoneOnce, type Fault, recordedActs, twoWay } from '../../support/recorded-acts.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { startWorkflow, withWorker, workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

const PAIRS = twoWay(3_000);
const BATCH = { above: 10, size: 100 };

let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal({ own: true });
});
after(() => temporal.stop());

/** Nothing succeeds, and errors are long and many, until all is mended. */
function brokenActs() {
  const state = { isBroken: true };
  const fail: Fault = ({ key }) => {
    if (state.isBroken) throw new BackendError('Rejected', `${'because '.repeat(50)}${key}`.slice(-300));
  };
  const acts = recordedActs({ clearCaches: fail, updateSearchIndex: fail, notifyUsers: fail });
  return { state, ...acts };
}

describe('6,000 pairs of which nothing succeeds', () => {
  test('given all of them parked, then the workflow continues as new and waits, and one command retries all', async () => {
    const { state, done, activities } = brokenActs();
    await withWorker(temporal, activities, async (taskQueue) => {
      const input = workflowInput(PAIRS, { batch: BATCH, attentionFor: 3_600_000 });
      const started = await startWorkflow(temporal, taskQueue, input, { bodyHash: 'a hash' });
      const handle = temporal.client.workflow.getHandle(started.workflowId);
      const parked = () =>
        until(
          'all to be parked',
          async () => {
            // So large a delivery can keep a busy machine from an answer within the client's deadline.
            const progress = await handle.query(progressQuery).catch(() => undefined);
            return progress?.status === 'NeedsAttention' && progress.parkedTotal === 18_000;
          },
          120_000,
        );
      await parked();
      const retryAll = () =>
        handle.executeUpdate(retryFailedUpdate, { args: [{ by: 'erin', reason: 'again' }] });
      await retryAll();
      await parked();
      // Fails again, until the history is so large that the workflow continues as new.
      const { runId } = await handle.describe();
      for (let rounds = 0; (await handle.describe()).runId === runId; rounds += 1) {
        assert.ok(rounds < 20, 'the history never grew large');
        await retryAll();
        await parked();
      }
      const { actions, sideEffects, waitingSince } = await handle.query(carriedQuery);
      assert.ok(waitingSince && actions && actions.length > 0, 'the log and the time are carried over');
      assert.equal(sideEffects.clearCaches?.marks, 'p'.repeat(6_000));
      const { memo = {} } = await handle.describe();
      const { parked: listed, errors } = memo[ATTENTION_MEMO] as AttentionMemo;
      assert.deepEqual(listed, { clearCaches: 6_000, updateSearchIndex: 6_000, notifyUsers: 6_000 });
      assert.deepEqual([memo.bodyHash, ...errors.map(({ type }) => type)], ['a hash', 'Other', 'Rejected']);
      state.isBroken = false;
      assert.deepEqual(await retryAll(), { affected: 18_000, remaining: 0 });
      const result = (await handle.result()) as Progress;
      for (const { name } of PLANNED) assert.equal(result.sideEffects[name]?.done, 6_000);
      assertDoneOnce(done, PAIRS);
    });
  });

  test('given no command until ATTENTION_FOR ends, then the failure contains the state of every pair, and a new workflow continues from it', async () => {
    const { state, done, activities } = brokenActs();
    await withWorker(temporal, activities, async (taskQueue) => {
      const input = workflowInput(PAIRS, { batch: BATCH, attentionFor: 1 });
      const handle = await startWorkflow(temporal, taskQueue, input);
      const failure = await handle.result().then(
        () => assert.fail('the workflow should have failed'),
        (reason: unknown) => reason,
      );
      assert.ok(failure instanceof WorkflowFailedError && failure.cause instanceof ApplicationFailure);
      const [progress, carried] = failure.cause.details as [Progress, CarriedState];
      assert.deepEqual([progress.parkedTotal, progress.parked.length], [18_000, 200]);

      state.isBroken = false;
      const retry = composeRetry({ input, carried }, { by: 'erin' }, Date.now());
      assert.equal(retry.affected, 18_000);
      const next = await temporal.client.workflow.start(FRIEND_DELETED, {
        taskQueue,
        workflowId: retryWorkflowId(handle.workflowId, 1),
        args: [retry.input],
      });
      const result = (await next.result()) as Progress;
      for (const { name } of PLANNED) assert.equal(result.sideEffects[name]?.done, 6_000);
      assertDoneOnce(done, PAIRS);
    });
  });
});
