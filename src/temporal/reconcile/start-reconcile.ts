import { type Client, WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/client';
import { RECONCILE_FRIENDS, type ReconcileInput, reconcileWorkflowId } from '../../../workflows/contract.ts';
import { sha256 } from '../../callback/sha256.ts';
import { toOperatorError } from '../connect.ts';

type Request = { sdkAppId: string; taskQueue: string; input: ReconcileInput };

/**
 * Starts the workflow, or finds the one of an equal request that is under way.
 *
 * @returns its workflow id, and the run id of its first run
 * @throws OperatorError when Temporal can't be asked
 */
export async function startReconcile(
  client: Client,
  { sdkAppId, taskQueue, input }: Request,
): Promise<{ workflowId: string; runId: string }> {
  const { accounts, dryRun } = input;
  const workflowId = reconcileWorkflowId(sdkAppId, nameRequest(input));
  const count = accounts?.length ?? 0;
  const what = accounts ? `${count} ${count === 1 ? 'account' : 'accounts'}` : 'the whole search index';
  try {
    const { firstExecutionRunId } = await client.workflow.start(RECONCILE_FRIENDS, {
      workflowId,
      taskQueue,
      args: [input],
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      staticSummary: `friendships of ${what}${dryRun ? ', a dry run' : ''}`,
    });
    return { workflowId, runId: firstExecutionRunId };
  } catch (error) {
    throw toOperatorError(error);
  }
}

/** No account name is in it. */
function nameRequest({ accounts, dryRun }: ReconcileInput): string {
  const what = accounts ? `accounts-${sha256(JSON.stringify(accounts.toSorted())).slice(0, 12)}` : 'index';
  return dryRun ? `${what}-dry-run` : what;
}
