import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import {
  type DeliveryStatus,
  deliveryName,
  type Progress,
  progressQuery,
  searchAttributes,
} from '../../../workflows/contract.ts';
import { DeliveryProgress } from '../../../workflows/delivery/progress.ts';
import { planDelivery } from '../../../workflows/planning/plan-delivery.ts';
import { OperatorError } from '../../operator-error.ts';
import { findDecryptionError, toOperatorError } from '../connect.ts';
import { isOpen } from './execution.ts';
import { readClosed } from './read-closed.ts';

/**
 * One delivery as Temporal knows it. `progress` is null while the workflow is paused, or while no worker answers. If
 * the workflow ended before everything was done or dismissed, all that is undone counts as parked.
 */
export type DeliveryReport = {
  /** For a redo `<delivery id>/redo-<n>`. */
  deliveryId: string;
  status: DeliveryStatus;
  pairs: number;
  progress: Progress | null;
  workflow: {
    workflowId: string;
    runId: string;
    /** Temporal's own word: `RUNNING`, `PAUSED`, `COMPLETED`, `FAILED`, … */
    execution: string;
    startTime: string;
    closeTime: string | null;
  };
};

/** Temporal does not know the delivery yet, or it has deleted it. */
export class DeliveryNotFoundError extends OperatorError {
  override name = 'DeliveryNotFoundError';
}

/** @throws OperatorError when there is no such delivery, or no Temporal */
export async function readDelivery(client: Client, id: string): Promise<DeliveryReport> {
  const description = await describe(client, id);
  const progress = await readProgress(client, description);
  const attributes = description.typedSearchAttributes;
  const published = (attributes.get(searchAttributes.status) ?? 'Running') as DeliveryStatus;
  return {
    deliveryId: deliveryName(id),
    status: progress?.status ?? (isAbandoned(description) ? 'NeedsAttention' : published),
    pairs: progress?.pairs ?? attributes.get(searchAttributes.pairs) ?? 0,
    progress,
    workflow: {
      workflowId: id,
      runId: description.runId,
      execution: description.status.name,
      startTime: description.startTime.toISOString(),
      closeTime: description.closeTime?.toISOString() ?? null,
    },
  };
}

async function describe(client: Client, id: string): Promise<WorkflowExecutionDescription> {
  try {
    return await client.workflow.getHandle(id).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) {
      throw new DeliveryNotFoundError(
        `No delivery ${id} in namespace ${client.options.namespace}. Temporal keeps a finished one for the namespace's retention time.`,
      );
    }
    throw toOperatorError(error);
  }
}

/** Whether the workflow ended with side effects undone. One that was terminated after its last side effect is Done. */
function isAbandoned({ status: { name }, typedSearchAttributes }: WorkflowExecutionDescription): boolean {
  return (
    !isOpen(name) && name !== 'COMPLETED' && typedSearchAttributes.get(searchAttributes.status) !== 'Done'
  );
}

async function readProgress(
  client: Client,
  description: WorkflowExecutionDescription,
): Promise<Progress | null> {
  // Temporal refuses queries of a paused workflow.
  if (description.status.name === 'PAUSED') return null;
  try {
    if (isAbandoned(description)) return await readAbandoned(client, description);
    // A worker answers this query. Without a worker the query waits until its deadline.
    return await client.workflow.getHandle(description.workflowId).query(progressQuery);
  } catch (error) {
    if (findDecryptionError(error)) throw toOperatorError(error);
    return null;
  }
}

/** Nothing goes on by itself any more, so all that is undone counts as parked. */
async function readAbandoned(client: Client, closed: WorkflowExecutionDescription): Promise<Progress> {
  const { input, carried } = await readClosed(client, closed);
  const state = new DeliveryProgress({ ...input, carried }, planDelivery(input));
  for (const sideEffect of state.sideEffects) {
    for (const status of ['pending', 'retrying'] as const)
      for (const unit of sideEffect.unitsWith(status)) sideEffect.park(unit);
  }
  return state.snapshot();
}
