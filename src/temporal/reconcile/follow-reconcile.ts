import { setTimeout as delay } from 'node:timers/promises';
import { type Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ActivityFailure } from '@temporalio/common';
import { type ReconcileReport, reconcileReportQuery } from '../../../workflows/contract.ts';
import { inTime } from '../../in-time.ts';
import { OperatorError } from '../../operator-error.ts';
import { isOpen } from '../attention/execution.ts';
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
  workflowId: string,
  onLook: (look: ReconcileLook) => void,
): Promise<ReconcileReport> {
  // Not of one run: it may continue as new.
  const handle = client.workflow.getHandle(workflowId);
  try {
    for (;;) {
      const { status, raw } = await handle.describe();
      if (!isOpen(status.name)) return await handle.result();
      const [activity] = raw.pendingActivities ?? [];
      onLook({ report: await askReport(handle), trouble: activity?.lastFailure?.message ?? undefined });
      await delay(POLL_MS);
    }
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw toOperatorError(error);
    const reason = error.cause ? reasonOf(error.cause) : error.message;
    throw new OperatorError(`The run ended before it was done: ${reason}.`, { cause: error });
  }
}

/** `undefined`: no worker answered. */
async function askReport(handle: WorkflowHandle): Promise<ReconcileReport | undefined> {
  return inTime(handle.query(reconcileReportQuery), ANSWER_MS, 'no worker answered').catch(() => undefined);
}

/** The failure of an activity says only that it failed. Its cause is what the activity threw. */
function reasonOf(error: Error): string {
  return error instanceof ActivityFailure && error.cause ? error.cause.message : error.message;
}
