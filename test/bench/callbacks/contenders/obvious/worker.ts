import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { ready } from '../../../programs/ready.ts';
import * as activities from '../shared/effects.ts';

const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: String(process.env.TEMPORAL_ADDRESS) }),
  taskQueue: 'friend-deletion',
  workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)),
  activities,
});
ready();
await worker.run();
