import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { ready } from '../../../programs/ready.ts';

const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: String(process.env.TEMPORAL_ADDRESS) }),
  taskQueue: 'bare',
  workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)),
  activities: { doNothing: async () => undefined },
});
ready();
await worker.run();
