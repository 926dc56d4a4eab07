import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { BackendError } from '../../../activities/backends/backend.ts';
import { progressQuery, retryFailedSignal } from '../../../workflows/contract.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { pairsDone, recordedActs } from '../../support/recorded-acts.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { startWorkflow, withWorkerOn, workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

// Not on the time-skipping server: its clock stands while a task waits for a worker.
let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(() => temporal.stop());

const PAIRS = pairsOf(['alice', 'bob'], ['alice', 'carol']);

/** A delivery whose search index fails, served by one worker after the other. */
async function startDelivery(plan: Parameters<typeof workflowInput>[1], failure: BackendError) {
  const search = { isDown: true };
  const { done, activities } = recordedActs({
    updateSearchIndex: () => {
      if (search.isDown) throw failure;
    },
  });
  const taskQueue = `test-${randomUUID()}`;
  const handle = await startWorkflow(temporal, taskQueue, workflowInput(PAIRS, plan));
  const beside = <T>(test: () => Promise<T>) => withWorkerOn(temporal, { taskQueue, activities }, test);
  return { search, done, handle, beside };
}

const RETRY_FOR = 3_000;
/** What Temporal may take to notice that a time is over, in ms. */
const NOTICE_MS = 1_000;

describe('workers that are stopped', () => {
  test('given workers stopped for longer than RETRY_FOR, then nothing is parked because of it', async () => {
    const down = new BackendError('Unreachable', 'down');
    const { search, done, handle, beside } = await startDelivery({ retryFor: RETRY_FOR }, down);
    await beside(() =>
      until('retrying', async () => {
        const { sideEffects } = await handle.query(progressQuery);
        return sideEffects.updateSearchIndex?.retrying === 2;
      }),
    );
    // No event tells that this time is over: that nothing happens then is the guarantee.
    const end = performance.now() + RETRY_FOR + NOTICE_MS;
    await until('RETRY_FOR to be over', () => performance.now() > end);
    search.isDown = false;
    const { sideEffects } = await beside(() => handle.result());
    assert.equal(sideEffects.updateSearchIndex?.done, 2);
    assert.deepEqual(pairsDone(done.updateSearchIndex), ['alice → bob', 'alice → carol']);
  });

  test('given workers stopped until ATTENTION_FOR has ended, then a command that arrived meanwhile is still carried out', async () => {
    const plan = { attentionFor: 3_000 };
    const refused = new BackendError('Rejected', 'no such index');
    const { search, handle, beside } = await startDelivery(plan, refused);
    await beside(() =>
      until('parked', async () => {
        const { parkedTotal, sideEffects } = await handle.query(progressQuery);
        return parkedTotal === 2 && sideEffects.clearCaches?.done === 2;
      }),
    );
    search.isDown = false;
    await handle.signal(retryFailedSignal, {});
    await until('ATTENTION_FOR to be over', async () => {
      const { events } = await handle.fetchHistory();
      return events?.some(({ timerFiredEventAttributes }) => timerFiredEventAttributes);
    });
    const { sideEffects } = await beside(() => handle.result());
    assert.equal(sideEffects.updateSearchIndex?.done, 2);
  });
});
