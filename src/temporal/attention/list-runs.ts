import type { Client } from '@temporalio/client';
import type proto from '@temporalio/proto';

export type Run = proto.temporal.api.workflow.v1.IWorkflowExecutionInfo;

const PAGE = 1_000;
const MAX_PAGES = 10;

/**
 * The first 10,000 runs that a query finds: open ones first, then those that were closed last. The client's `list`
 * would cost more, because it decodes the memo and the search attributes of every row.
 */
export async function listRuns(client: Client, query: string): Promise<Run[]> {
  const { namespace } = client.options;
  const runs: Run[] = [];
  let nextPageToken: Uint8Array = new Uint8Array();
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await client.workflowService.listWorkflowExecutions({
      namespace,
      query,
      pageSize: PAGE,
      nextPageToken,
    });
    runs.push(...answer.executions);
    nextPageToken = answer.nextPageToken;
    if (nextPageToken.length === 0) break;
  }
  return runs;
}
