import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import { readWorkflowId, retryWorkflowId } from '../../../workflows/contract.ts';
import { toOperatorError } from '../connect.ts';

/** Undefined: Temporal does not know it, or not any more. */
async function describeIfKnown(
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

/** What Temporal knows of a delivery's workflows. */
export type RetryChain = {
  /** The one that goes on with the delivery. */
  newest: WorkflowExecutionDescription;
  /** The id of the next retry, which nobody has taken yet. */
  nextId: string;
};

/** From the given workflow on; undefined: none of them is known. */
export async function describeChain(client: Client, workflowId: string): Promise<RetryChain | undefined> {
  let last = (await describeIfKnown(client, workflowId)) ?? (await describeNewestRetry(client, workflowId));
  if (!last) return undefined;
  let newest = last;
  for (;;) {
    const { retry } = readWorkflowId(last.workflowId);
    const nextId = retryWorkflowId(last.workflowId, retry + 1);
    const next = await describeIfKnown(client, nextId);
    if (!next) return { newest, nextId };
    if (endOf(next) >= endOf(newest)) newest = next;
    last = next;
  }
}

/** Usually the last retry ends last; but a reset of an earlier workflow has it go on, and end, anew. */
function endOf({ closeTime }: WorkflowExecutionDescription): number {
  return closeTime?.getTime() ?? Number.POSITIVE_INFINITY;
}

/** Retries outlive the first workflow, which Temporal forgets sooner. */
async function describeNewestRetry(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  const first = workflowId.split('/').slice(0, 3).join('/');
  // No id of ours has these, and a query can't.
  if (/["\\]/.test(first)) return undefined;
  const query = `WorkflowId STARTS_WITH "${first}/"`;
  let newest: string | undefined;
  for await (const { workflowId: id } of client.workflow.list({ query })) {
    if (!newest || readWorkflowId(id).retry > readWorkflowId(newest).retry) newest = id;
  }
  return newest === undefined ? undefined : describeIfKnown(client, newest);
}

/**
 * Whose progress is the delivery's: its newest retry's, unless a retry is named.
 *
 * @throws OperatorError when Temporal can't be asked
 */
export async function followRetries(client: Client, workflowId: string): Promise<string> {
  if (readWorkflowId(workflowId).retry > 0) return workflowId;
  try {
    return (await describeChain(client, workflowId))?.newest.workflowId ?? workflowId;
  } catch (error) {
    throw toOperatorError(error);
  }
}
