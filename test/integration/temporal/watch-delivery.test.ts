import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type WorkflowClientInterceptor, WorkflowNotFoundError } from '@temporalio/client';
import { samplePairs } from '../../../src/callback/compose-request.ts';
import { watchDelivery } from '../../../src/cli/watch-delivery.ts';
import { createClient } from '../../../src/temporal/connect.ts';
import { workflowId } from '../../../workflows/contract.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import {
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

/** Counts how often Temporal answers that it does not know a workflow. */
function countUnknown(answers: { unknown: number }): WorkflowClientInterceptor {
  return {
    async describe(input, next) {
      try {
        return await next(input);
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) answers.unknown += 1;
        throw error;
      }
    },
  };
}

test('given a delivery that the journal has not handed over yet, then watching it waits for its workflow', async () => {
  await withWorker(temporal, recordingSideEffects().activities, async (taskQueue) => {
    const input = workflowInput(samplePairs());
    const answers = { unknown: 0 };
    const client = createClient(temporal.settings, [], [countUnknown(answers)]);
    try {
      const watched = watchDelivery(client, workflowId(input.delivery));
      await until('the watch to be told that there is none', () => answers.unknown > 0);
      await startWorkflow(temporal, taskQueue, input);
      assert.equal((await watched).status, 'Done');
    } finally {
      await client.connection.close();
    }
  });
});
