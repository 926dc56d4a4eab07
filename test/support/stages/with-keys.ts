import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { PayloadKey } from '../../../src/encryption/payload-keys.ts';
import { createClient } from '../../../src/temporal/connect.ts';
import type { TestTemporal } from '../servers/temporal.ts';

const { History } = proto.temporal.api.history.v1;
const { DescribeWorkflowExecutionResponse } = proto.temporal.api.workflowservice.v1;

/** The same server, as processes see it that have these keys. Stop it, and the server goes on. */
export function withKeys({ settings }: TestTemporal, payloadKeys: PayloadKey[]): TestTemporal {
  const withThem = { ...settings, payloadKeys };
  const client = createClient(withThem);
  return { settings: withThem, client, stop: () => client.connection.close() };
}

/** What Temporal holds of a workflow: its history, and what it tells of an open one. Nothing in it is decrypted. */
export async function heldBytes(client: Client, workflowId: string): Promise<Buffer> {
  const handle = client.workflow.getHandle(workflowId);
  const described = await client.workflowService.describeWorkflowExecution({
    namespace: client.options.namespace,
    execution: { workflowId },
  });
  return Buffer.concat([
    History.encode(await handle.fetchHistory()).finish(),
    DescribeWorkflowExecutionResponse.encode(described).finish(),
  ]);
}
