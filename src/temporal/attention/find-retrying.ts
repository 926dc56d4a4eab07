import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { type Progress, progressQuery, readWorkflowId, WORKFLOW_TYPES } from '../../../workflows/contract.ts';
import { toOperatorError } from '../connect.ts';

/** How long a worker may take to say what holds up the oldest one, in ms. Without a worker nobody answers. */
const QUERY_MS = 1_500;

/** Deliveries that the server retries by itself. They are on their way to need a person, or to be done. */
export const RETRYING = [
  `WorkflowType IN (${WORKFLOW_TYPES.map((type) => `"${type}"`).join(', ')})`,
  'UnfriendStatus="Retrying"',
  'ExecutionStatus="Running"',
].join(' AND ');

/** How many deliveries are being retried, and what holds up the oldest one. */
export type RetryingSummary = {
  count: number;
  /** Absent when there is none. `since`: its start in Temporal, in ms since the epoch. */
  oldest?: {
    deliveryId: string;
    since: number;
    /** What is retried, and its most frequent failure type. null: no worker answered. */
    cause: { sideEffect: string; error: string | null } | null;
  };
};

/** @throws OperatorError when Temporal can't be asked */
export async function findRetrying(client: Client): Promise<RetryingSummary> {
  try {
    const { count } = await client.workflow.count(RETRYING);
    const oldest = count > 0 ? await findOldest(client) : undefined;
    if (!oldest) return { count };
    const { workflowId, startTime } = oldest;
    return {
      count,
      oldest: {
        deliveryId: readWorkflowId(workflowId).deliveryId,
        since: startTime.getTime(),
        cause: await readCause(client, workflowId),
      },
    };
  } catch (error) {
    throw toOperatorError(error);
  }
}

/** Temporal lists the newest first, and refuses another order. */
async function findOldest(client: Client): Promise<WorkflowExecutionInfo | undefined> {
  let oldest: WorkflowExecutionInfo | undefined;
  for await (const row of client.workflow.list({ query: RETRYING, pageSize: 1_000 })) oldest = row;
  return oldest;
}

async function readCause(
  client: Client,
  workflowId: string,
): Promise<{ sideEffect: string; error: string | null } | null> {
  try {
    const { sideEffects, errors } = await client.withDeadline(Date.now() + QUERY_MS, () =>
      client.workflow.getHandle(workflowId).query<Progress, []>(progressQuery),
    );
    const [sideEffect] = Object.entries(sideEffects).find(([, { retrying }]) => retrying > 0) ?? [];
    if (sideEffect === undefined) return null;
    const [most] = [...errors].sort((a, b) => b.count - a.count);
    return { sideEffect, error: most?.type ?? null };
  } catch {
    return null;
  }
}
