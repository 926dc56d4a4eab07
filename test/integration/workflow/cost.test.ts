import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startOptions } from '../../../src/temporal/start/start-delivery.ts';
import { type DeliveryPlan, FRIEND_DELETED, workflowId } from '../../../workflows/contract.ts';
import { countActions } from '../../support/billed-actions.ts';
import { largestPairs } from '../../support/inputs/deliveries.ts';
import { recordedActs } from '../../support/recorded-acts.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { withWorker, workflowInput } from '../../support/stages/worker.ts';

const BATCH = { above: 10, size: 100 };
const LOCAL = { firstPass: 'local', batch: BATCH } as const;
const ACTIVITIES = { batch: BATCH } as const;

let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(() => temporal.stop());

/** What a delivery that succeeds costs, when it is started as the receiver starts it. Every pair has another From. */
async function costOf(pairs: number, plan: Partial<DeliveryPlan>) {
  const { activities } = recordedActs();
  return withWorker(temporal, activities, async (taskQueue) => {
    const input = workflowInput(largestPairs(pairs), plan);
    const handle = await temporal.client.workflow.start(FRIEND_DELETED, {
      ...startOptions(input, { taskQueue, bodyHash: 'of the body', indexAccounts: true }),
      workflowId: workflowId(input.delivery),
    });
    await handle.result();
    const history = await handle.fetchHistory();
    const { raw } = await handle.describe();
    return {
      events: history.events?.length ?? 0,
      transitions: Number(raw.workflowExecutionInfo?.stateTransitionCount ?? 0),
      actions: countActions(history),
    };
  });
}

describe('what a delivery that succeeds costs in Temporal', () => {
  for (const [pairs, plan, most] of [
    [1, LOCAL, { events: 9, transitions: 3, actions: 3 }],
    [2, LOCAL, { events: 12, transitions: 3, actions: 3 }],
    [10, LOCAL, { events: 36, transitions: 3, actions: 3 }],
    [100, LOCAL, { events: 24, transitions: 11, actions: 5 }],
    [6_000, LOCAL, { events: 700, transitions: 450, actions: 182 }],
    [1, ACTIVITIES, { events: 24, transitions: 10, actions: 5 }],
    [2, ACTIVITIES, { events: 36, transitions: 24, actions: 8 }],
    [10, ACTIVITIES, { events: 130, transitions: 75, actions: 32 }],
  ] as const) {
    const way = 'firstPass' in plan ? 'FIRST_PASS=local' : 'FIRST_PASS=activities';
    test(`given ${pairs} pairs and ${way}, then at most ${JSON.stringify(most)}`, async () => {
      const cost = await costOf(pairs, plan);
      for (const name of ['events', 'transitions', 'actions'] as const)
        assert.ok(cost[name] <= most[name], `${name}: ${cost[name]}`);
    });
  }
});
