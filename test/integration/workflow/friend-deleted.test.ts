import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { samplePairs } from '../../../src/callback/compose-request.ts';
import { type Progress, progressQuery, searchAttributes } from '../../../workflows/contract.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import {
  donePairs,
  recordingSideEffects,
  startWorkflow,
  withWorker,
  workflowInput,
} from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(() => temporal.stop());

const ALL = ['id → id1', 'id → id2', 'id → id3'];

describe('friendDeleted', () => {
  test('given the vendor’s sample, then every side effect happens once for every pair', async () => {
    const { ledger, activities } = recordingSideEffects();
    await withWorker(temporal, activities, async (taskQueue) => {
      const handle = await startWorkflow(temporal, taskQueue, workflowInput(samplePairs()));
      const result = await handle.result();
      assert.equal(result.pairs, 3);
      for (const name of ['clearCaches', 'updateSearchIndex', 'notifyUsers'] as const) {
        assert.deepEqual(donePairs(ledger[name]), ALL, name);
        assert.deepEqual(result.sideEffects[name], {
          pending: 0,
          retrying: 0,
          done: 3,
          parked: 0,
          dismissed: 0,
          total: 3,
        });
      }
      // One message to id, which carries its three pairs.
      assert.deepEqual(
        ledger.notifyUsers.map(({ messages }) => messages),
        [[{ recipient: 'id', part: 1, parts: 1, pairs: 3 }]],
      );
      const { typedSearchAttributes } = await handle.describe();
      assert.equal(typedSearchAttributes.get(searchAttributes.status), 'Done');
    });
  });

  test('activities say which pair they are about, and the workflow’s details are a table', async () => {
    const { activities } = recordingSideEffects();
    await withWorker(temporal, activities, async (taskQueue) => {
      const handle = await startWorkflow(temporal, taskQueue, workflowInput(samplePairs()));
      await handle.result();
      const { events } = await handle.fetchHistory();
      const summaries = (events ?? [])
        .filter(({ activityTaskScheduledEventAttributes }) => activityTaskScheduledEventAttributes)
        .map(
          ({ userMetadata }) =>
            JSON.parse(Buffer.from(userMetadata?.summary?.data ?? []).toString()) as string,
        );
      assert.deepEqual(summaries.sort(), [...ALL, ...ALL, 'to id (3 pairs)'].sort());
      const metadata = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
      assert.match(
        metadata.currentDetails,
        /\*\*Done\*\*[\s\S]*\| updateSearchIndex\s+\| 3\sof\s3\s+\| 0\s+\| 0\s+\|/,
      );
    });
  });

  test('given a side effect that fails at first, then it shows as retrying, holds nothing up, and happens', async () => {
    let isDown = true;
    const { ledger, activities } = recordingSideEffects({
      updateSearchIndex: ({ pairs }) => {
        if (isDown && pairs[0]?.to === 'id2') throw new Error('search is down');
      },
    });
    await withWorker(temporal, activities, async (taskQueue) => {
      const handle = await startWorkflow(temporal, taskQueue, workflowInput(samplePairs()));
      const retrying = await until('retrying, all else done', async () => {
        const progress = await handle.query(progressQuery);
        const { updateSearchIndex, clearCaches, notifyUsers } = progress.sideEffects;
        const othersDone =
          updateSearchIndex?.done === 2 && clearCaches?.done === 3 && notifyUsers?.done === 3;
        return updateSearchIndex?.retrying === 1 && othersDone && progress;
      });
      assert.equal(retrying.status, 'Retrying');
      assert.deepEqual(retrying.errors, [{ type: 'Error', message: 'search is down', count: 1 }]);
      await until('Retrying in the search attributes', async () => {
        const { typedSearchAttributes } = await handle.describe();
        return typedSearchAttributes.get(searchAttributes.status) === 'Retrying';
      });

      isDown = false;
      await handle.result();
      assert.deepEqual(donePairs(ledger.updateSearchIndex), ALL);
      assert.deepEqual(donePairs(ledger.clearCaches), ALL);
    });
  });

  test('given a failure that no retry can mend, then it is tried once, the rest is done, and the workflow fails', async () => {
    let tries = 0;
    const { ledger, activities } = recordingSideEffects({
      notifyUsers: () => {
        tries += 1;
        throw ApplicationFailure.nonRetryable('no such account', 'NoSuchAccount');
      },
    });
    await withWorker(temporal, activities, async (taskQueue) => {
      const handle = await startWorkflow(temporal, taskQueue, workflowInput(samplePairs()));
      const failure = await applicationFailureOf(handle.result());
      assert.equal(failure.type, 'SideEffectsAbandoned');
      const [progress] = failure.details as [Progress];
      assert.equal(progress.parkedTotal, 3);
      assert.deepEqual(progress.parked[0], {
        from: 'id',
        to: 'id1',
        sideEffect: 'notifyUsers',
        attempts: 1,
        error: { type: 'NoSuchAccount', message: 'no such account' },
      });
      assert.equal(tries, 1);
      assert.deepEqual(donePairs(ledger.updateSearchIndex), ALL);
    });
  });

  test('given a cancelled workflow, then it ends as cancelled, also while a retry waits', async () => {
    const { activities } = recordingSideEffects({
      clearCaches: () => {
        throw new Error('down for good');
      },
    });
    await withWorker(temporal, activities, async (taskQueue) => {
      const handle = await startWorkflow(temporal, taskQueue, workflowInput(samplePairs()));
      await until(
        'retrying',
        async () => (await handle.query(progressQuery)).sideEffects.clearCaches?.retrying === 3,
      );
      await handle.cancel();
      await assert.rejects(handle.result(), WorkflowFailedError);
      assert.equal((await handle.describe()).status.name, 'CANCELLED');
    });
  });
});

async function applicationFailureOf(result: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await result.then(
    () => assert.fail('the workflow should have failed'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure);
  return error.cause;
}
