import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import {
  type DeliveryStatus,
  type Progress,
  progressQuery,
  readWorkflowId,
  searchAttributes,
  workflowId,
} from '../../workflows/contract.ts';
import { OperatorError } from '../operator-error.ts';
import { unanswered } from './connect.ts';

/** One delivery as Temporal knows it. `progress` is null while no worker is there to answer the query. */
export type DeliveryReport = {
  deliveryId: string;
  status: DeliveryStatus;
  pairs: number;
  progress: Progress | null;
  workflow: {
    workflowId: string;
    runId: string;
    /** Temporal's own word: `RUNNING`, `COMPLETED`, `FAILED`, … */
    execution: string;
    startTime: string;
    closeTime: string | null;
  };
};

/** Temporal does not know the delivery: not any more, or not yet. */
export class DeliveryNotFoundError extends OperatorError {
  override name = 'DeliveryNotFoundError';
}

/** The workflow id of a delivery: `delivery` may be one already. */
export function resolveWorkflowId(delivery: string, sdkAppId: string | undefined): string {
  if (delivery.startsWith('friend-deleted/')) return delivery;
  if (sdkAppId !== undefined) return workflowId({ sdkAppId, deliveryId: delivery });
  throw new OperatorError(
    'SDK_APP_ID: missing; set it, or give the whole workflow id: friend-deleted/<SDKAppID>/<delivery id>',
  );
}

/** @throws OperatorError when there is no such delivery, or no Temporal */
export async function readDelivery(client: Client, id: string): Promise<DeliveryReport> {
  const description = await describe(client, id);
  const progress = await queryProgress(client, id);
  const attributes = description.typedSearchAttributes;
  return {
    deliveryId: progress?.deliveryId ?? readWorkflowId(id).deliveryId,
    status: progress?.status ?? ((attributes.get(searchAttributes.status) ?? 'Running') as DeliveryStatus),
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
    throw unanswered(error);
  }
}

/** A query is answered by a worker; without one it waits until its deadline. */
async function queryProgress(client: Client, id: string): Promise<Progress | null> {
  try {
    return await client.workflow.getHandle(id).query(progressQuery);
  } catch {
    return null;
  }
}
