import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import type { UnitCall } from '../../../activities/side-effect.ts';
import { samplePairs } from '../../../src/callback/compose-request.ts';
import { MAX_LOCAL_ACTIVITIES } from '../../../src/temporal/worker/worker.ts';
import { workerEncryption } from '../../../src/temporal/worker/worker-encryption.ts';
import { countEvents, scheduledActivities } from '../../support/histories.ts';
import { largestPairs, PLANNED } from '../../support/inputs/deliveries.ts';
import { assertDoneOnce, type Fault, recordedActs } from '../../support/recorded-acts.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { away, broken, withDelivery } from '../../support/stages/delivery-stage.ts';
import { startWorkflow, withWorker, workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

const LOCAL = { firstPass: 'local' } as const;
const PAIRS = samplePairs();

let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(() => temporal.stop());

/** A backend that takes calls and never answers those it took before it was mended. */
function hanging() {
  const state = { isHanging: true, begun: 0, endedBecause: [] as string[] };
  const fault: Fault = async ({ signal }: UnitCall) => {
    state.begun += 1;
    if (!state.isHanging) return;
    if (!signal.aborted) await once(signal, 'abort');
    state.endedBecause.push(String(signal.reason.message));
    throw signal.reason;
  };
  return { state, fault };
}

/** What must never be in a history: the server gave up on a workflow task, or the worker failed it. */
async function assertNoLostTasks(workflowId: string): Promise<void> {
  const events = await countEvents({ workflowId, client: temporal.client });
  assert.equal(events.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT ?? 0, 0);
  assert.equal(events.EVENT_TYPE_WORKFLOW_TASK_FAILED ?? 0, 0);
}

type JsonEvent = { eventType: string; eventTime: string };

/** A history in which more time passed after the local activities: on a slow worker a replay measures more than the first run. */
function withTimeAfterMarkers(history: string, seconds: number): string {
  const { events } = JSON.parse(history) as { events: JsonEvent[] };
  const last = events.findLastIndex(({ eventType }) => eventType === 'EVENT_TYPE_MARKER_RECORDED');
  assert.ok(last > 0);
  for (const event of events.slice(last + 1))
    event.eventTime = new Date(Date.parse(event.eventTime) + seconds * 1_000).toISOString();
  return JSON.stringify({ events });
}

function replay(history: string): Promise<void> {
  return Worker.runReplayHistory(workerEncryption(), JSON.parse(history));
}

describe('a first pass by local activities', () => {
  test('given that nothing fails, then everything is done once and the server schedules no activity', async () => {
    await withDelivery(
      temporal,
      { pairs: PAIRS, faults: {}, plan: LOCAL },
      async ({ handle, done, status }) => {
        await handle.result();
        assertDoneOnce(done, PAIRS);
        assert.equal(await status(), 'Done');
        assert.deepEqual((await scheduledActivities({ ...handle, client: temporal.client })).scheduled, []);
      },
    );
  });

  test('given more pairs than BATCH_ABOVE, then activities of the server do them, in batches', async () => {
    const pairs = largestPairs(12);
    const plan = { ...LOCAL, batch: { above: 10, size: 100 } };
    await withDelivery(temporal, { pairs, faults: {}, plan }, async ({ handle }) => {
      await handle.result();
      const { scheduled } = await scheduledActivities({ ...handle, client: temporal.client });
      assert.deepEqual(scheduled.map(({ type }) => type).sort(), PLANNED.map(({ name }) => name).sort());
    });
  });

  test('given a command right after the first pass, then a replay decides the same, whatever time it has after local activities', async () => {
    const { state, fault } = away();
    await withDelivery(
      temporal,
      { pairs: PAIRS, faults: { updateSearchIndex: fault }, plan: LOCAL },
      async ({ handle, done, progress, retry }) => {
        await until('the retries to begin', async () => {
          const { sideEffects } = await progress();
          return sideEffects.updateSearchIndex?.retrying === PAIRS.length;
        });
        state.isAway = false;
        await retry();
        await handle.result();
        assertDoneOnce(done, PAIRS);
        const history = historyToJSON(await handle.fetchHistory());
        for (const seconds of [-5, 5]) await replay(withTimeAfterMarkers(history, seconds));
      },
    );
  });

  test('given a pair that fails, then only that pair gets an activity that the server retries', async () => {
    const { state, fault } = away(({ to }) => to === 'id2');
    const faults = { updateSearchIndex: fault };
    await withDelivery(
      temporal,
      { pairs: PAIRS, faults, plan: LOCAL },
      async ({ handle, done, pending, progress }) => {
        const [activity] = await until('the retry to fail', async () => {
          const found = await pending();
          return found.some(({ attempt, lastFailure }) => attempt > 1 && lastFailure !== '') && found;
        });
        assert.equal(activity?.type, 'updateSearchIndex');
        const { status, sideEffects, errors } = await progress();
        assert.equal(status, 'Retrying');
        assert.equal(sideEffects.updateSearchIndex?.retrying, 1);
        assert.deepEqual(errors, [{ type: 'Unreachable', message: 'nobody there', count: 1 }]);
        state.isAway = false;
        await handle.result();
        assertDoneOnce(done, PAIRS);
        const { scheduled } = await scheduledActivities({ ...handle, client: temporal.client });
        assert.deepEqual(scheduled, [{ type: 'updateSearchIndex', summary: 'id → id2' }]);
      },
    );
  });

  test('given a failure that no retry can mend, then it is parked at once, and a person has it retried', async () => {
    const { state, fault } = broken();
    const faults = { clearCaches: fault };
    await withDelivery(
      temporal,
      { pairs: PAIRS, faults, plan: LOCAL },
      async ({ handle, done, parked, retry }) => {
        const { parked: listed } = await parked(3);
        assert.deepEqual(
          listed.map(({ attempts }) => attempts),
          [1, 1, 1],
        );
        state.isBroken = false;
        await retry();
        await handle.result();
        assertDoneOnce(done, PAIRS);
      },
    );
  });

  test('given a backend that hangs, then each try is given up soon, goes on as an activity, and no task times out', async () => {
    const { state, fault } = hanging();
    const faults = { notifyUsers: fault };
    await withDelivery(temporal, { pairs: PAIRS, faults, plan: LOCAL }, async ({ handle, done }) => {
      await until('the first try to hang', () => state.begun === 1);
      state.isHanging = false;
      await handle.result();
      assertDoneOnce(done, PAIRS);
      const { scheduled } = await scheduledActivities({ ...handle, client: temporal.client });
      assert.deepEqual(scheduled, [{ type: 'notifyUsers', summary: 'to id (3 pairs)' }]);
      // By this word the activity knows that it was a timeout. So logs and metrics count it as one.
      assert.deepEqual(state.endedBecause, ['TIMED_OUT']);
      await assertNoLostTasks(handle.workflowId);
    });
  });

  test('given a cancellation, then what is under way is given up, and the workflow ends as cancelled', async () => {
    const { state, fault } = hanging();
    await withDelivery(
      temporal,
      { pairs: PAIRS, faults: { clearCaches: fault }, plan: LOCAL },
      async ({ handle }) => {
        await until('the tries to hang', () => state.begun === 3);
        await handle.cancel();
        await assert.rejects(
          handle.result(),
          (error) => error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure,
        );
        await assertNoLostTasks(handle.workflowId);
      },
    );
  });

  test('given more deliveries than a worker has room for, then the rest goes on as activities, and all are done', async () => {
    const { state, fault } = hanging();
    const { activities, done } = recordedActs({
      clearCaches: fault,
      updateSearchIndex: fault,
      notifyUsers: fault,
    });
    const count = Math.ceil(MAX_LOCAL_ACTIVITIES / PLANNED.length) + 10;
    await withWorker(temporal, activities, async (taskQueue) => {
      const pair = PAIRS.slice(0, 1);
      const handles = await Promise.all(
        Array.from({ length: count }, () => startWorkflow(temporal, taskQueue, workflowInput(pair, LOCAL))),
      );
      await until('the worker to be full', () => state.begun >= MAX_LOCAL_ACTIVITIES);
      state.isHanging = false;
      await Promise.all(handles.map((handle) => handle.result()));
      for (const { name } of PLANNED) assert.equal(done[name].length, count);
      for (const { workflowId } of handles) await assertNoLostTasks(workflowId);
    });
  });
});
