import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BackendError } from '../../../activities/backends/backend.ts';
import {
  type FriendDeletedInput,
  type Pair,
  progressQuery,
  searchAttributes,
} from '../../../workflows/contract.ts';
import { PLANNED } from '../../support/inputs/deliveries.ts';
import {
  assertDoneOnce,
  type Fault,
  friendNumber,
  recordedActs,
  twoWay,
} from '../../support/recorded-acts.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { startWorkflow, withWorker, workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

/** How many friends wait in back-off while the workflow goes on in a second run. */
const WAITING = 20;
/** On a slow machine too, what waits must not use up its tries before the second run. */
const RETRY_FOR = 10 * 60_000;
const PATIENCE_MS = 120_000;

/** So many events, where a server's own limit is 4,096: a run is as good as ten times as long. */
const SUGGEST_AFTER = 400;
let temporal: TestTemporal;
before(async () => {
  const limit = `limit.historyCount.suggestContinueAsNew=${SUGGEST_AFTER}`;
  temporal = await startTestTemporal({ flags: ['--dynamic-config-value', limit] });
});
after(() => temporal.stop());

/** Delivers those pairs while some wait in back-off, until a second run has taken them over and done the rest. */
async function deliver(pairs: Pair[], batch: FriendDeletedInput['plan']['batch']): Promise<void> {
  let isDown = true;
  const updateSearchIndex: Fault = ({ pairs: own }) => {
    if (isDown && friendNumber(own) < WAITING) throw new BackendError('Unreachable', 'in back-off');
  };
  const { activities, done } = recordedActs({ updateSearchIndex });
  await withWorker(temporal, activities, async (taskQueue) => {
    const plan = { retryFor: RETRY_FOR, ...(batch && { batch }) };
    const handle = await startWorkflow(temporal, taskQueue, workflowInput(pairs, plan));
    const latest = temporal.client.workflow.getHandle(handle.workflowId);
    const isSecond = async () => (await latest.describe()).runId !== handle.firstExecutionRunId;
    await until('a second run', isSecond, PATIENCE_MS);
    const waiting = await until(
      'what waited to be retried by the second run, and the rest to be done',
      async () => {
        const { status, sideEffects } = await latest.query(progressQuery);
        const { done = 0 } = sideEffects.updateSearchIndex ?? {};
        return status === 'Retrying' && done === pairs.length - WAITING && sideEffects;
      },
      PATIENCE_MS,
    );
    assert.equal(waiting.updateSearchIndex?.retrying, WAITING);
    isDown = false;
    const { sideEffects } = await handle.result();
    assertDoneOnce(done, pairs);
    for (const { name } of PLANNED) assert.equal(sideEffects[name]?.done, pairs.length, name);
    const { typedSearchAttributes } = await latest.describe();
    assert.equal(typedSearchAttributes.get(searchAttributes.status), 'Done');
  });
}

describe('a delivery that takes more than one history', () => {
  test('given an activity for each pair, then it continues as new and does everything exactly once', async () => {
    await deliver(twoWay(100), undefined);
  });

  test('given batches, then it continues as new, and nothing is lost or repeated', async () => {
    await deliver(twoWay(500), { above: 2, size: 8 });
  });
});
