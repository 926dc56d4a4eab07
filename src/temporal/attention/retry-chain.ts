import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import { firstWorkflowId, readWorkflowId, retryWorkflowId } from '../../../workflows/contract.ts';
import { toOperatorError } from '../connect.ts';

/** Undefined: Temporal does not know the workflow, or has deleted it. */
export async function describeIfKnown(
  client: Client,
  workflowId: string,
  runId?: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.workflow.getHandle(workflowId, runId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** What Temporal knows of a delivery's workflows. */
export type RetryChain = {
  /** The workflow that goes on with the delivery. */
  newest: WorkflowExecutionDescription;
  /** The id of the next retry, which nobody has taken yet. */
  nextId: string;
  /** False if Temporal has deleted the workflow that the chain was asked for. */
  isGivenKnown: boolean;
};

/** Follows the retries, beginning with the given workflow. Undefined: Temporal knows none of them. */
export async function describeChain(client: Client, workflowId: string): Promise<RetryChain | undefined> {
  const given = await describeIfKnown(client, workflowId);
  let last = given ?? (await describeNewestRetry(client, workflowId));
  if (!last) return undefined;
  let newest = last;
  for (;;) {
    const { retry } = readWorkflowId(last.workflowId);
    const nextId = retryWorkflowId(last.workflowId, retry + 1);
    const next = await describeIfKnown(client, nextId);
    if (!next) return { newest, nextId, isGivenKnown: given !== undefined };
    if (endOf(next) >= endOf(newest)) newest = next;
    last = next;
  }
}

/** Usually the last retry ends last. But after a reset in Temporal an earlier workflow goes on, and ends later. */
function endOf({ closeTime }: WorkflowExecutionDescription): number {
  return closeTime?.getTime() ?? Number.POSITIVE_INFINITY;
}

/** Finds retries after Temporal has deleted the first workflow, which ended before them. */
async function describeNewestRetry(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  const first = firstWorkflowId(workflowId);
  // No id of Unfriend's has these characters, and a query can't contain them.
  if (/["\\]/.test(first)) return undefined;
  const query = `WorkflowId STARTS_WITH "${first}/retry-"`;
  let newest: string | undefined;
  for await (const { workflowId: id } of client.workflow.list({ query })) {
    if (!newest || readWorkflowId(id).retry > readWorkflowId(newest).retry) newest = id;
  }
  return newest === undefined ? undefined : describeIfKnown(client, newest);
}

/**
 * The workflow whose progress is the delivery's: the newest retry, unless `workflowId` names a retry itself.
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
