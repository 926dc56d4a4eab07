import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { asActivity } from '../../../activities/as-activity.ts';
import { BackendError } from '../../../activities/backends/backend.ts';
import { samplePairs } from '../../../src/callback/compose-request.ts';
import type { DeliveryPlan } from '../../../workflows/contract.ts';
import { deferred } from '../../support/deferred.ts';
import { largestPairs } from '../../support/inputs/deliveries.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { startWorkflow, withWorker, workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

const LARGE = 6_000;
/** 240 batches: more than a worker has slots for activities, and as many as a workflow has pending at a time. */
const SIZE = 25;
const SLOTS = 100;
const plan: Partial<DeliveryPlan> = {
  sideEffects: [{ name: 'clearCaches', per: 'pair' }],
  firstPass: 'local',
  batch: { above: 10, size: SIZE },
};

let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(() => temporal.stop());

/** `large` for each batch, `small` for each try of the small delivery, in the order in which they began. */
function recordedOrder() {
  const order: ('large' | 'small')[] = [];
  const opened = deferred();
  const state = { smallFails: 0 };
  const activities = {
    clearCaches: asActivity('clearCaches', {
      async all({ pairs }) {
        if (pairs.length === SIZE) {
          order.push('large');
          await opened;
        } else {
          order.push('small');
          state.smallFails -= 1;
          if (state.smallFails >= 0) throw new BackendError('Unreachable', 'nobody there');
        }
        return pairs.map(() => 'done');
      },
    }),
  };
  return { order, state, activities, open: () => opened.resolve() };
}

describe('a delivery of 6,000 pairs that occupies every slot for activities', () => {
  test('given a small delivery, then it is done while every batch of the large one still waits', async () => {
    const { order, activities, open } = recordedOrder();
    await withWorker(temporal, activities, async (taskQueue) => {
      const large = await startWorkflow(temporal, taskQueue, workflowInput(largestPairs(LARGE), plan));
      await until('the slots to be occupied', () => order.length === SLOTS);
      const small = await startWorkflow(temporal, taskQueue, workflowInput(samplePairs(), plan));
      await small.result();
      assert.equal(order.filter((each) => each === 'large').length, SLOTS);
      open();
      await large.result();
    });
  });

  test('given a small delivery that needs a retry, then its retry goes before the batches that wait', async () => {
    const { order, state, activities, open } = recordedOrder();
    state.smallFails = 3;
    await withWorker(temporal, activities, async (taskQueue) => {
      const large = await startWorkflow(temporal, taskQueue, workflowInput(largestPairs(LARGE), plan));
      await until('the slots to be occupied', () => order.length === SLOTS);
      const small = await startWorkflow(temporal, taskQueue, workflowInput(samplePairs(), plan));
      const { workflowId } = small;
      await until('three retries to wait for a slot', async () => {
        const { raw } = await temporal.client.workflow.getHandle(workflowId).describe();
        return raw.pendingActivities?.length === 3;
      });
      open();
      await Promise.all([small.result(), large.result()]);
      const retries = order.flatMap((each, index) => (each === 'small' ? [index] : [])).slice(3);
      // A poll of the worker may have been given a batch before.
      assert.ok(
        retries.every((index) => index < SLOTS + 40),
        String(retries),
      );
    });
  });
});
