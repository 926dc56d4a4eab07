/** (e) Acknowledges once BullMQ has the job, in a Redis that syncs before it answers. */
import { Queue } from 'bullmq';
import { handWrittenReceiver, listen } from './hand-written.ts';

const queue = new Queue('friend-deleted', {
  connection: { host: '127.0.0.1', port: Number(process.env.REDIS_PORT) },
});
await queue.waitUntilReady();

listen(
  handWrittenReceiver(
    // The job's id makes a redelivered callback one job.
    ({ requestId, body }) => queue.add('friendDeleted', body, { jobId: requestId }),
    () => queue.getWaitingCount(),
  ),
);
