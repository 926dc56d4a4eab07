import type { Client } from '@temporalio/client';

/** How long the server keeps a workflow after its end, in seconds. null: it does not say. */
export async function readRetention(client: Client): Promise<number | null> {
  const { namespace } = client.options;
  const { config } = await client.workflowService.describeNamespace({ namespace });
  const seconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  return seconds > 0 ? seconds : null;
}
