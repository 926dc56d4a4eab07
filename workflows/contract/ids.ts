import type { Delivery } from './delivery.ts';

export const FRIEND_DELETED = 'friendDeleted';

/** The workflow types, with the first part of their workflow ids. */
const ID_PREFIXES = { [FRIEND_DELETED]: 'friend-deleted', callbackRelayed: 'callback-relayed' } as const;

export type WorkflowType = keyof typeof ID_PREFIXES;

export const WORKFLOW_TYPES = Object.keys(ID_PREFIXES) as WorkflowType[];

/** A callback of another command than `Sns.CallbackFriendDelete` is only relayed. */
export function workflowTypeOf({ command }: Pick<Delivery, 'command'>): WorkflowType {
  return command === undefined ? FRIEND_DELETED : 'callbackRelayed';
}

export function workflowId(delivery: Pick<Delivery, 'sdkAppId' | 'deliveryId' | 'command'>): string {
  return [ID_PREFIXES[workflowTypeOf(delivery)], delivery.sdkAppId, delivery.deliveryId].join('/');
}

/** Whether a text is a whole workflow id, and not the id of a delivery alone. */
export function isWorkflowId(text: string): boolean {
  return Object.values(ID_PREFIXES).some((prefix) => text.startsWith(`${prefix}/`));
}

/** The workflow ids that a delivery can have, one per workflow type: its id alone does not tell its command. */
export function possibleWorkflowIds({
  sdkAppId,
  deliveryId,
}: Pick<Delivery, 'sdkAppId' | 'deliveryId'>): string[] {
  return Object.values(ID_PREFIXES).map((prefix) => [prefix, sdkAppId, deliveryId].join('/'));
}

/**
 * Reads `<id>`, `<id>/retry-1`, `<id>/retry-2` and so on: each retry of a closed delivery has a workflow of its own.
 * The position in the id decides, because the id of a delivery may itself look like `retry-1`.
 */
export function readWorkflowId(workflowId: string): { deliveryId: string; retry: number } {
  const [, , deliveryId = '', retry] = workflowId.split('/');
  return { deliveryId, retry: Number(retry?.match(/^retry-(\d+)$/)?.[1] ?? 0) };
}

/** The id of a delivery's first workflow, of which the given workflow may be a retry. */
export function firstWorkflowId(workflowId: string): string {
  return workflowId.split('/').slice(0, 3).join('/');
}

/**
 * The workflow that continues with what a closed delivery left undone.
 *
 * @param closed the workflow id of the delivery, or of an earlier retry of it
 * @param count 1 for the first retry
 */
export function retryWorkflowId(closed: string, count: number): string {
  return `${firstWorkflowId(closed)}/retry-${count}`;
}
