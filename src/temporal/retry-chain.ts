import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import { readWorkflowId, retryWorkflowId } from '../../workflows/contract.ts';
import { unanswered } from './connect.ts';

/** The workflow that takes up what this one left undone, if anybody asks for it. */
export function nextWorkflowId(workflowId: string): string {
  return retryWorkflowId(workflowId, readWorkflowId(workflowId).retry + 1);
}

/** Undefined: Temporal does not know it, or not any more. */
export async function describeIfKnown(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** The workflow that goes on with the delivery last: the given one, or its newest retry. */
export async function describeNewest(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  let newest = await describeIfKnown(client, workflowId);
  for (let next = newest; next; next = await describeIfKnown(client, nextWorkflowId(next.workflowId)))
    newest = next;
  return newest;
}

/**
 * Whose progress is the delivery's: its newest retry's, unless a retry is named.
 *
 * @throws OperatorError when Temporal can't be asked
 */
export async function followRetries(client: Client, workflowId: string): Promise<string> {
  if (readWorkflowId(workflowId).retry > 0) return workflowId;
  try {
    return (await describeNewest(client, workflowId))?.workflowId ?? workflowId;
  } catch (error) {
    throw unanswered(error);
  }
}
