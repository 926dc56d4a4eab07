import { Client, Connection } from '@temporalio/client';
import { receive } from '../shared/receive.ts';

const { TEMPORAL_ADDRESS = '', WORKFLOW = '' } = process.env;
const client = new Client({ connection: await Connection.connect({ address: TEMPORAL_ADDRESS }) });

receive((callback) =>
  client.workflow.start(WORKFLOW, {
    taskQueue: 'bare',
    workflowId: `${WORKFLOW}-${callback.id}`,
    args: [callback],
  }),
);
