import { randomUUID } from 'node:crypto';
import { asActivity } from '../../../activities/as-activity.ts';
import type { BatchCall } from '../../../activities/side-effect.ts';
import type { WorkerVersion } from '../../../src/config/settings.ts';
import { connectWorker } from '../../../src/temporal/worker/connect-worker.ts';
import { type Activities, createWorker } from '../../../src/temporal/worker/worker.ts';
import {
  type FriendDeletedInput,
  type Pair,
  type SideEffectActivity,
  type SideEffectInput,
  workflowId,
  workflowTypeOf,
} from '../../../workflows/contract.ts';
import type { AnyDeliveryInput } from '../../../workflows/planning/plan-delivery.ts';
import { PLANNED, type PlannedName } from '../inputs/deliveries.ts';
import { installTestRuntime, type TestTemporal } from '../servers/temporal.ts';

/** Every pair that a side effect was really done for, in order. */
export type Ledger = Record<PlannedName, SideEffectInput[]>;

/** Side effects that note what they did, and fail where a test says so. */
export function recordingSideEffects(
  faults: Partial<Record<PlannedName, (input: SideEffectInput) => void>> = {},
) {
  const ledger = Object.fromEntries(PLANNED.map(({ name }) => [name, []])) as unknown as Ledger;
  const record =
    (name: PlannedName): SideEffectActivity =>
    (input) => {
      const all = async ({ pairs }: BatchCall) => {
        faults[name]?.({ ...input, pairs });
        ledger[name].push({ ...input, pairs });
        return pairs.map(() => 'done');
      };
      return asActivity(name, { all })(input);
    };
  const activities = Object.fromEntries(PLANNED.map(({ name }) => [name, record(name)]));
  return { ledger, activities };
}

/** Runs `test` beside a worker of its own, on a task queue of its own. */
export function withWorker<T>(
  temporal: TestTemporal,
  activities: Activities,
  test: (taskQueue: string) => Promise<T>,
): Promise<T> {
  const taskQueue = `test-${randomUUID()}`;
  return withWorkerOn(temporal, { taskQueue, activities }, () => test(taskQueue));
}

/** Runs `test` beside a worker of a task queue, which others may serve before and after. */
export async function withWorkerOn<T>(
  temporal: TestTemporal,
  options: { taskQueue: string; activities: Activities; version?: WorkerVersion },
  test: () => Promise<T>,
): Promise<T> {
  installTestRuntime();
  const connection = await connectWorker(temporal.settings);
  try {
    const worker = await createWorker({
      connection,
      namespace: temporal.settings.namespace,
      payloadKeys: temporal.settings.payloadKeys,
      ...options,
    });
    return await worker.runUntil(test());
  } finally {
    await connection.close();
  }
}

/** The input of a workflow, as the receiver would make it. */
export function workflowInput(
  pairs: Pair[],
  plan: Partial<FriendDeletedInput['plan']> = {},
): FriendDeletedInput {
  return {
    delivery: { deliveryId: randomUUID(), sdkAppId: '1400000000', receivedAt: Date.now() },
    pairs,
    plan: {
      sideEffects: [...PLANNED],
      notifyRecipient: 'from',
      retryFor: 60_000,
      ...plan,
    },
  };
}

export function startWorkflow(
  { client }: Pick<TestTemporal, 'client'>,
  taskQueue: string,
  input: AnyDeliveryInput,
  memo: Record<string, unknown> = {},
) {
  return client.workflow.start(workflowTypeOf(input.delivery), {
    taskQueue,
    memo,
    workflowId: workflowId(input.delivery),
    args: [input],
  });
}

/** `from → to`, sorted: what a side effect was done for, however it was cut into activities. */
export function donePairs(inputs: SideEffectInput[]): string[] {
  return inputs.flatMap(({ pairs }) => pairs.map(({ from, to }) => `${from} → ${to}`)).sort();
}
