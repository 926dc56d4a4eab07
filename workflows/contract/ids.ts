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

const REDO = /^redo-(\d+)$/;
const RETRY = /^retry-(\d+)$/;

/**
 * Reads `<id>`, `<id>/retry-1`, `<id>/redo-1`, `<id>/redo-1/retry-1` and so on: each retry of a closed workflow and each
 * redo of a delivery has a workflow of its own. 0: it is none. The position in the id decides, because the id of a
 * delivery may itself look like `retry-1`.
 */
export function readWorkflowId(workflowId: string): { deliveryId: string; redo: number; retry: number } {
  const [, , deliveryId = '', ...others] = workflowId.split('/');
  const redo = Number(others[0]?.match(REDO)?.[1] ?? 0);
  const retry = Number(others[redo > 0 ? 1 : 0]?.match(RETRY)?.[1] ?? 0);
  return { deliveryId, redo, retry };
}

/** The id of a delivery's first workflow, or of the first one of a redo; the given workflow may be a retry of it. */
export function firstWorkflowId(workflowId: string): string {
  const { redo } = readWorkflowId(workflowId);
  return workflowId
    .split('/')
    .slice(0, redo > 0 ? 4 : 3)
    .join('/');
}

/** The id of the delivery's first workflow, of which the given workflow may be a retry or a redo. */
export function deliveryWorkflowId(workflowId: string): string {
  return workflowId.split('/').slice(0, 3).join('/');
}

/**
 * What people type for a delivery, without its workflow type and app: its id. For a redo, `<delivery id>/redo-<n>`,
 * because it has parked side effects of its own.
 */
export function deliveryName(workflowId: string): string {
  return firstWorkflowId(workflowId).split('/').slice(2).join('/');
}

/**
 * The workflow that continues with what a closed one left undone.
 *
 * @param closed the workflow id of a delivery or of a redo, or of an earlier retry of it
 * @param count 1 for the first retry
 */
export function retryWorkflowId(closed: string, count: number): string {
  return `${firstWorkflowId(closed)}/retry-${count}`;
}

/**
 * The workflow that does a side effect of a finished delivery again.
 *
 * @param first the id of the delivery's first workflow
 * @param count 1 for the first redo
 */
export function redoWorkflowId(first: string, count: number): string {
  return `${first}/redo-${count}`;
}
