/** Takes the jobs of (e) and does nothing with them. */
import { Worker } from 'bullmq';
import { ready } from './ready.ts';

/** As BullMQ's page about concurrency has it for work that waits for others. */
const CONCURRENCY = 50;

const worker = new Worker('friend-deleted', async () => undefined, {
  connection: { host: '127.0.0.1', port: Number(process.env.REDIS_PORT) },
  concurrency: CONCURRENCY,
});
worker.on('error', (error) => console.error(error));
await worker.waitUntilReady();
ready();
