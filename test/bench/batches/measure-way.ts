import { randomUUID } from 'node:crypto';
import { loadavg } from 'node:os';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { createPlan } from '../../../src/config/plan.ts';
import {
  type DeliveryPlan,
  FRIEND_DELETED,
  type FriendDeletedInput,
  type Pair,
  workflowId,
} from '../../../workflows/contract.ts';
import { readMessage } from '../../support/doubles/webhook-sink.ts';
import { faultsOfMessages } from '../../support/inputs/expected-messages.ts';
import { SDK_APP_ID } from '../app.ts';
import { countHistory } from './count-history.ts';
import type { WayResult } from './results.ts';
import type { Stage } from './stage.ts';

type Way = Pick<WayResult, 'name' | 'label'> & { plan: (plan: DeliveryPlan) => DeliveryPlan };

/** With `BATCH_ABOVE` and `BATCH_SIZE` as they are by default, and with neither. */
export const WAYS: Way[] = [
  { name: 'batches', label: 'in batches', plan: (plan) => plan },
  { name: 'single', label: 'an activity a pair', plan: ({ batch: _, ...plan }) => plan },
];

const PROGRESS_EVERY_MS = 10_000;

/** Has the delivery done in one way, and checks what it did. */
export async function measureWay(
  stage: Stage,
  { name, label, plan }: Way,
  pairs: Pair[],
): Promise<WayResult> {
  const { client, friends, sink, settings } = stage;
  await friends.fill(pairs);
  sink.taken.length = 0;
  const loadBefore = loadavg()[0] ?? 0;
  const progress = reportProgress(stage, label);
  const startedAt = performance.now();
  const input: FriendDeletedInput = {
    delivery: { deliveryId: randomUUID(), sdkAppId: SDK_APP_ID, receivedAt: Date.now() },
    ...{ pairs, plan: plan(createPlan(settings)) },
  };
  const handle = await client.workflow.start(FRIEND_DELETED, {
    ...{ taskQueue: settings.taskQueue, workflowId: workflowId(input.delivery), args: [input] },
  });
  const failure = await failureOf(handle);
  const seconds = (performance.now() - startedAt) / 1_000;
  clearInterval(progress);

  const counted = await countHistory(client, handle);
  const faults = [...failure, ...(await friends.faults()), ...faultsOfSink(stage, pairs)];
  console.error(`${label}: ${seconds.toFixed(1)} s, ${counted.events} events, ${faults.length} faults`);
  return { name, label, seconds, ...counted, loadBefore, faults };
}

async function failureOf(handle: WorkflowHandleWithFirstExecutionRunId): Promise<string[]> {
  try {
    await handle.result();
    return [];
  } catch (error) {
    return [`the workflow failed: ${error instanceof Error ? (error.cause ?? error) : error}`];
  }
}

function faultsOfSink({ sink }: Stage, pairs: Pair[]): string[] {
  const forged = sink.forged === 0 ? [] : [`${sink.forged} webhooks were not signed right`];
  return [...forged, ...faultsOfMessages(sink.taken.map(readMessage), pairs)];
}

/** Asks neither Temporal nor the worker: both are being measured. */
function reportProgress({ friends, sink }: Stage, label: string): NodeJS.Timeout {
  const startedAt = performance.now();
  return setInterval(async () => {
    const keys = await friends.keysLeft();
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    console.error(`${label}: ${seconds} s, ${sink.taken.length} messages, ${keys} keys to go`);
  }, PROGRESS_EVERY_MS);
}
