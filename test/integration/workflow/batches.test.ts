import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { BackendError } from '../../../activities/backends/backend.ts';
import {
  type FriendDeletedInput,
  type Pair,
  type Progress,
  progressQuery,
} from '../../../workflows/contract.ts';
import { pendingActivities, scheduledActivities } from '../../support/histories.ts';
import { PLANNED, type PlannedName } from '../../support/inputs/deliveries.ts';
import {
  assertDoneOnce,
  asText,
  type Fault,
  friendNumber,
  recordedActs,
  twoWay,
} from '../../support/recorded-acts.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { startWorkflow, withWorker, workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

const BATCH = { above: 10, size: 100 };

let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal({ own: true });
});
after(() => temporal.stop());

type Run = ReturnType<typeof recordedActs> & { handle: Awaited<ReturnType<typeof startWorkflow>> };

/** Starts a delivery of these pairs on recorded side effects. */
async function withDelivery(
  pairs: Pair[],
  faults: Partial<Record<PlannedName, Fault>>,
  test: (run: Run) => Promise<void>,
  plan: Partial<FriendDeletedInput['plan']> = {},
): Promise<void> {
  const acts = recordedActs(faults);
  await withWorker(temporal, acts.activities, async (taskQueue) => {
    const input = workflowInput(pairs, { batch: BATCH, ...plan });
    await test({ ...acts, handle: await startWorkflow(temporal, taskQueue, input) });
  });
}

function historyOf({ handle }: Run) {
  return { workflowId: handle.workflowId, client: temporal.client };
}

async function failureOf({ handle }: Run): Promise<Progress> {
  const error = await handle.result().then(
    () => assert.fail('the workflow should have failed'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure);
  assert.equal(error.cause.type, 'SideEffectsAbandoned');
  return (error.cause.details as [Progress])[0];
}

describe('batches', () => {
  test('given 3,000 friends deleted both ways, then everything happens exactly once, in few activities and events', async () => {
    const pairs = twoWay(3_000);
    await withDelivery(pairs, {}, async (run) => {
      const result = await run.handle.result();
      assertDoneOnce(run.done, pairs);
      for (const { name } of PLANNED) assert.equal(result.sideEffects[name]?.done, 6_000);
      const { events, scheduled } = await scheduledActivities(historyOf(run));
      const summaries = scheduled.map(({ type, summary }) => `${type} ${summary}`);
      for (const expected of ['clearCaches 1–100 of 6,000', 'updateSearchIndex 5,901–6,000 of 6,000'])
        assert.ok(summaries.includes(expected), expected);
      assert.ok(summaries.some((summary) => /^notifyUsers messages 1–\d+ of 3,0\d\d$/.test(summary)));
      assert.ok(scheduled.length < 160, `${scheduled.length} activities`);
      assert.ok(events < 1_000, `${events} events`);
    });
  });

  test('given no more pairs than BATCH_ABOVE, then each has an activity of its own', async () => {
    const pairs = twoWay(5);
    await withDelivery(pairs, {}, async (run) => {
      await run.handle.result();
      assertDoneOnce(run.done, pairs);
      const { scheduled } = await scheduledActivities(historyOf(run));
      const caches = scheduled.filter(({ type }) => type === 'clearCaches').map(({ summary }) => summary);
      assert.deepEqual(caches, pairs.map(asText));
    });
  });

  test('given a few pairs of a batch that fail, then each of them is retried by an activity named after it, and shows why', async () => {
    const pairs = twoWay(50);
    let isDown = true;
    const updateSearchIndex: Fault = ({ pairs: [pair] }) => {
      if (isDown && ['friend-3', 'friend-40'].includes(pair?.to ?? ''))
        throw new BackendError('Busy', 'shard');
    };
    await withDelivery(pairs, { updateSearchIndex }, async (run) => {
      const { sideEffects, errors } = await until('all else to be done', async () => {
        const progress = await run.handle.query(progressQuery);
        const counts = progress.sideEffects.updateSearchIndex;
        return counts?.done === 98 && counts.retrying === 2 && progress;
      });
      assert.equal(sideEffects.clearCaches?.parked, 0);
      assert.deepEqual(errors, [{ type: 'Busy', message: 'shard', count: 2 }]);
      const pending = await until('both to wait for their next attempt', async () => {
        const all = await pendingActivities(historyOf(run));
        return all.length === 2 && all.every(({ attempt }) => attempt > 1) && all;
      });
      for (const { type, lastFailure } of pending)
        assert.deepEqual([type, lastFailure], ['updateSearchIndex', 'shard']);
      isDown = false;
      await run.handle.result();
      assertDoneOnce(run.done, pairs);
      const { scheduled } = await scheduledActivities(historyOf(run));
      const searches = scheduled.filter(({ type }) => type === 'updateSearchIndex');
      assert.deepEqual(
        searches.map(({ summary }) => summary),
        ['1–100 of 100', 'alice → friend-3', 'alice → friend-40'],
      );
    });
  });

  test('given a backend that is down, then each batch is retried as one, and goes on where its last attempt was', async () => {
    const pairs = twoWay(300);
    const tried = new Set<string>();
    let isDown = true;
    const clearCaches: Fault = ({ key, pairs: own }) => {
      if (!isDown) return;
      // In the retries, not in the first pass: a few of each batch get done by an attempt that then fails.
      if (tried.has(key) && friendNumber(own) % 50 < 2) return;
      tried.add(key);
      throw new BackendError('Unreachable', 'no cache at 6379');
    };
    await withDelivery(pairs, { clearCaches }, async (run) => {
      const { done } = run;
      const pending = await until('every batch to have failed a retry', async () => {
        const all = await pendingActivities(historyOf(run));
        return all.length === 6 && all.every(({ attempt }) => attempt > 2) && all;
      });
      assert.equal(pending.length, 6);
      assert.ok(pending.every(({ lastFailure }) => lastFailure === 'no cache at 6379'));
      assert.ok(done.clearCaches.length > 0, 'an attempt that failed got something done');
      isDown = false;
      const result = await run.handle.result();
      assert.equal(result.sideEffects.clearCaches?.done, 600);
      assertDoneOnce(run.done, pairs);
      const { scheduled } = await scheduledActivities(historyOf(run));
      const caches = scheduled.filter(({ type }) => type === 'clearCaches');
      // The first pass; the retries, which end as they get something done; and the rest of each.
      assert.equal(caches.length, 6 + 6 + 6);
      assert.equal(caches.filter(({ summary }) => /^98 of \d+–\d+ of 600$/.test(summary)).length, 6);
    });
  });

  test('given pairs and messages of a batch that can never succeed, then those alone are parked, each with its own error', async () => {
    const pairs = twoWay(100);
    const rejects =
      (...accounts: string[]): Fault =>
      ({ pairs: [pair] }) => {
        if (pair && accounts.includes(pair.from)) throw new BackendError('Rejected', `no ${pair.from}`);
      };
    const faults = {
      updateSearchIndex: rejects('friend-7', 'friend-8'),
      notifyUsers: rejects('alice', 'friend-9'),
    };
    await withDelivery(pairs, faults, async (run) => {
      const { sideEffects, parked, parkedTotal, errors } = await failureOf(run);
      assert.deepEqual(
        [sideEffects.updateSearchIndex?.parked, sideEffects.updateSearchIndex?.done],
        [2, 198],
      );
      assert.deepEqual([sideEffects.notifyUsers?.parked, sideEffects.notifyUsers?.done], [101, 99]);
      assert.equal(sideEffects.clearCaches?.done, 200);
      assert.equal(parkedTotal, 103);
      assert.deepEqual(parked[0], {
        from: 'friend-7',
        to: 'alice',
        sideEffect: 'updateSearchIndex',
        attempts: 1,
        error: { type: 'Rejected', message: 'no friend-7' },
      });
      assert.deepEqual(errors.map(({ message, count }) => `${message} ${count}`).sort(), [
        'no alice 100',
        'no friend-7 1',
        'no friend-8 1',
        'no friend-9 1',
      ]);
    });
  });

  test('given a batch that is still down when its retries are used up, then what got done counts, and the rest is parked', async () => {
    const pairs = twoWay(30);
    const clearCaches: Fault = ({ pairs: [pair] }) => {
      if (pair?.to === 'alice') throw new BackendError('Unreachable', 'down');
      if (pair?.to === 'friend-5') throw new BackendError('Rejected', 'no such key');
    };
    const plan = { retryFor: 1_000 };
    await withDelivery(
      pairs,
      { clearCaches },
      async (run) => {
        const { sideEffects, errors, parked } = await failureOf(run);
        assert.equal(sideEffects.clearCaches?.parked, 31);
        assert.equal(sideEffects.clearCaches?.done, 29);
        assert.deepEqual(
          errors.map(({ type, count }) => [type, count]),
          [
            ['Rejected', 1],
            ['Unreachable', 30],
          ],
        );
        // Once in the first pass, twice by the server.
        assert.equal(parked.find(({ error }) => error.type === 'Unreachable')?.attempts, 3);
      },
      plan,
    );
  });
});
