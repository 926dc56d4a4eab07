import { Worker } from 'bullmq';
import { ready } from '../../../programs/ready.ts';
import { type Pair, processCallback } from '../shared/effects.ts';

/** As BullMQ's page about concurrency has it for work that waits for others. */
const CONCURRENCY = 50;

const worker = new Worker<{ id: string; pairs: Pair[] }>(
  'friend-deleted',
  ({ data }) => processCallback(data),
  {
    connection: { host: '127.0.0.1', port: Number(process.env.REDIS_PORT) },
    concurrency: CONCURRENCY,
  },
);
worker.on('error', (error) => console.error(error));
await worker.waitUntilReady();
ready();
