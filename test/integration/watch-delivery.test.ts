import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { samplePairs } from '../../src/callback/compose-request.ts';
import { watchDelivery } from '../../src/cli/watch-delivery.ts';
import { workflowId } from '../../workflows/contract.ts';
import { startTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { recordingSideEffects, startWorkflow, withWorker, workflowInput } from '../support/worker.ts';

let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(() => temporal.stop());

test('given a delivery that the journal has not handed over yet, then watching it waits for its workflow', async () => {
  await withWorker(temporal, recordingSideEffects().activities, async (taskQueue) => {
    const input = workflowInput(samplePairs());
    const watched = watchDelivery(temporal.client, workflowId(input.delivery));
    await delay(1_000); // The watch has asked for it by then, and was told that there is none.
    await startWorkflow(temporal, taskQueue, input);
    assert.equal((await watched).status, 'Done');
  });
});
