import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import {
  type DeliveryStatus,
  firstWorkflowId,
  REDO_MEMO,
  type RedoMemo,
  readWorkflowId,
  redoWorkflowId,
  searchAttributes,
} from '../../../workflows/contract.ts';

/** A workflow that does a side effect of a delivery again, or its newest retry. */
export type KnownRedo = {
  workflowId: string;
  /** Which side effect. null: the memo does not say. */
  effect: string | null;
  status: DeliveryStatus;
  /** Temporal's own word. */
  execution: string;
  startTime: string;
};

/**
 * The redos of a delivery that Temporal knows, the first one first. It reads Temporal's lists, which can be behind for a
 * moment.
 */
export async function listRedos(client: Client, first: string): Promise<KnownRedo[]> {
  // No id of Unfriend's has these characters, and a query can't contain them.
  if (/["\\]/.test(first)) return [];
  const query = `WorkflowId STARTS_WITH "${redoPrefix(first)}" AND ExecutionStatus != "ContinuedAsNew"`;
  const newest = new Map<string, KnownRedo>();
  for await (const row of client.workflow.list({ query })) {
    const redo = firstWorkflowId(row.workflowId);
    const known = newest.get(redo);
    const described = describe(row);
    const effect = known?.effect ?? described.effect;
    // A retry has no memo of the request.
    newest.set(redo, { ...(known && known.startTime > described.startTime ? known : described), effect });
  }
  return [...newest.values()].sort((a, b) => numberOf(a) - numberOf(b));
}

/** Every redo's id begins with it. */
function redoPrefix(first: string): string {
  return redoWorkflowId(first, 1).slice(0, -1);
}

function numberOf({ workflowId }: KnownRedo): number {
  return readWorkflowId(workflowId).redo;
}

function describe(row: WorkflowExecutionInfo): KnownRedo {
  const memo = row.memo?.[REDO_MEMO] as RedoMemo | undefined;
  return {
    workflowId: row.workflowId,
    effect: memo?.effect ?? null,
    status: (row.typedSearchAttributes.get(searchAttributes.status) ?? 'Running') as DeliveryStatus,
    execution: row.status.name,
    startTime: row.startTime.toISOString(),
  };
}
