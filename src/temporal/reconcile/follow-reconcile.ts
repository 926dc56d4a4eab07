import { setTimeout as delay } from 'node:timers/promises';
import { type Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { type ReconcileReport, reconcileReportQuery } from '../../../workflows/contract.ts';
import { OperatorError } from '../../operator-error.ts';
import { inTime } from '../../in-time.ts';
import { toOperatorError } from '../connect.ts';

const POLL_MS = 500;
/** A query waits for a worker. */
const ANSWER_MS = 5_000;

/** Where a run is. `report`: undefined when no worker answered. `trouble`: why its activity is being retried. */
export type ReconcileLook = { report: ReconcileReport | undefined; trouble: string | undefined };

/**
 * Looks at a run until it has ended.
 *
 * @throws OperatorError when it failed, or when Temporal can't be asked
 */
export async function followReconcile(
  client: Client,
  { workflowId, runId }: { workflowId: string; runId: string },
  onLook: (look: ReconcileLook) => void,
): Promise<ReconcileReport> {
  const handle = client.workflow.getHandle(workflowId, undefined, { firstExecutionRunId: runId });
  try {
    for (;;) {
      const { status, raw } = await handle.describe();
      if (status.name !== 'RUNNING' && status.name !== 'PAUSED') return await handle.result();
      const [activity] = raw.pendingActivities ?? [];
      onLook({ report: await askReport(handle), trouble: activity?.lastFailure?.message ?? undefined });
      await delay(POLL_MS);
    }
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw toOperatorError(error);
    const { cause } = error;
    const reason = cause instanceof Error ? (deepest(cause).message ?? cause.message) : 'no reason is known';
    throw new OperatorError(`The run ended before it was done: ${reason}.`, { cause: error });
  }
}

async function askReport(handle: WorkflowHandle): Promise<ReconcileReport | undefined> {
  return inTime(handle.query(reconcileReportQuery), ANSWER_MS, 'no worker answered').catch(() => undefined);
}

/** The failure of a workflow contains the one of its activity, and that one what the activity threw. */
function deepest(error: Error): Error {
  return error.cause instanceof Error && error.name === 'ActivityFailure' ? deepest(error.cause) : error;
}
