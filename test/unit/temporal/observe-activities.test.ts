import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { Registry } from 'prom-client';
import { WorkerMetrics } from '../../../src/telemetry/worker-metrics.ts';
import { observeActivities } from '../../../src/temporal/worker/observe-activities.ts';
import type { FailureDetails, PairOutcome } from '../../../workflows/contract.ts';
import { deliveryOf, pairsOf } from '../../support/inputs/deliveries.ts';

const DONE: PairOutcome = { status: 'done', detail: 'cleared' };
const INPUT = deliveryOf(pairsOf(['a', 'b'], ['a', 'c'], ['a', 'd']));

/** What is counted of an attempt that fails so. */
async function countedOf(details: FailureDetails, nonRetryable: boolean): Promise<string[]> {
  const registry = new Registry();
  const metrics = new WorkerMetrics(registry, []);
  const environment = new MockActivityEnvironment(
    { activityType: 'clearCaches', attempt: details.attempt },
    { interceptors: [observeActivities({ metrics })] },
  );
  const { delivery, pairs } = INPUT;
  const failure = ApplicationFailure.create({
    type: 'Unreachable',
    message: 'down',
    nonRetryable,
    details: [details],
  });
  await assert.rejects(environment.run(() => Promise.reject(failure), { delivery, pairs }));
  const page = await registry.getSingleMetricAsString('unfriend_side_effect_pairs_total');
  return [...page.matchAll(/result="(\w+)",detail="(\w+)"\} (\d)/g)].map(([, ...row]) => row.join(' '));
}

test('given a batch that ended because it got something done, then its rest counts as retried, not as failed', async () => {
  const details = { attempt: 3, outcomes: [DONE, null, null], again: 4_000 };
  assert.deepEqual(await countedOf(details, true), ['done cleared 1', 'retried Unreachable 2']);
});

test('given a failure for good, then it counts as failed', async () => {
  assert.deepEqual(await countedOf({ attempt: 1 }, true), ['failed Unreachable 3']);
});
