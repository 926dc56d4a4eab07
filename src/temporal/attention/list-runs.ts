import type { Client } from '@temporalio/client';
import type proto from '@temporalio/proto';

export type Run = proto.temporal.api.workflow.v1.IWorkflowExecutionInfo;

const PAGE = 1_000;
const MAX_PAGES = 10;

/** The first 10,000 runs that a query finds: open ones first, then those that were closed last. */
export async function listRuns(client: Client, query: string): Promise<Run[]> {
  const runs: Run[] = [];
  let pages = 0;
  for await (const page of pagesOfRuns(client, { query, pageSize: PAGE })) {
    runs.push(...page);
    pages += 1;
    if (pages === MAX_PAGES) break;
  }
  return runs;
}

/**
 * Yields all runs that a query finds, page by page. The client's `list` would cost more, because it decodes the memo and
 * the search attributes of every row.
 */
export async function* pagesOfRuns(
  client: Client,
  { query, pageSize }: { query: string; pageSize: number },
): AsyncGenerator<Run[]> {
  const { namespace } = client.options;
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const request = { namespace, query, pageSize, nextPageToken };
    const answer = await client.workflowService.listWorkflowExecutions(request);
    yield answer.executions;
    nextPageToken = answer.nextPageToken;
  } while (nextPageToken.length > 0);
}
