/** Answers once BullMQ has the job. */
import { Queue } from 'bullmq';
import { receive } from '../shared/receive.ts';

const queue = new Queue('friend-deleted', {
  connection: { host: '127.0.0.1', port: Number(process.env.REDIS_PORT) },
  defaultJobOptions: { attempts: 10, backoff: { type: 'exponential', delay: 1_000 } },
});
await queue.waitUntilReady();

// The job's id makes a redelivered callback one job.
receive((callback) => queue.add('friendDeleted', callback, { jobId: callback.id }));
