/** Starts the workflow, then answers. */
import { Client, Connection } from '@temporalio/client';
import { receive } from '../shared/receive.ts';
import type { processFriendDeletion } from './workflows.ts';

const connection = await Connection.connect({ address: String(process.env.TEMPORAL_ADDRESS) });
const client = new Client({ connection });

receive((callback) =>
  client.workflow.start<typeof processFriendDeletion>('processFriendDeletion', {
    taskQueue: 'friend-deletion',
    // A callback that comes again starts no second workflow.
    workflowId: `friend-deletion-${callback.id}`,
    args: [callback],
  }),
);
