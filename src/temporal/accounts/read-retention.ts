import { status } from '@grpc/grpc-js';
import { type Client, isGrpcServiceError } from '@temporalio/client';

/** How long the server keeps a workflow after its end, in seconds. null: it does not say, or not to everybody. */
export async function readRetention(client: Client): Promise<number | null> {
  const { namespace } = client.options;
  try {
    const { config } = await client.workflowService.describeNamespace({ namespace });
    return Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) || null;
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === status.PERMISSION_DENIED) return null;
    throw error;
  }
}
