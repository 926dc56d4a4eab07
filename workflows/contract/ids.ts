import type { Delivery } from './delivery.ts';

export const WORKFLOW_TYPE = 'friendDeleted';

export function workflowId({ sdkAppId, deliveryId }: Pick<Delivery, 'sdkAppId' | 'deliveryId'>): string {
  return `friend-deleted/${sdkAppId}/${deliveryId}`;
}

/**
 * Reads `<id>`, `<id>/retry-1`, `<id>/retry-2` and so on: each retry of a closed delivery has a workflow of its own.
 * The position in the id decides, because the id of a delivery may itself look like `retry-1`.
 */
export function readWorkflowId(workflowId: string): { deliveryId: string; retry: number } {
  const [, , deliveryId = '', retry] = workflowId.split('/');
  return { deliveryId, retry: Number(retry?.match(/^retry-(\d+)$/)?.[1] ?? 0) };
}

/**
 * The workflow that continues with what a closed delivery left undone.
 *
 * @param closed the workflow id of the delivery, or of an earlier retry of it
 * @param count 1 for the first retry
 */
export function retryWorkflowId(closed: string, count: number): string {
  return [...closed.split('/').slice(0, 3), `retry-${count}`].join('/');
}
