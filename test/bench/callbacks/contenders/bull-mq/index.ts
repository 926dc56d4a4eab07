import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { startRedis } from '../../../servers/redis.ts';
import { startTypeScript } from '../../start-type-script.ts';
import type { Contender } from '../contender.ts';

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export const BULL_MQ: Contender = {
  name: 'bull-mq',
  label: 'BullMQ',
  meaning: 'one job per callback, retried as a whole; Redis with appendfsync always',
  on: 'queues',
  needs: 'redis',
  async start({ servers, effects, folder, cleanup }) {
    const database = await startRedis(servers.redis, { folder, cleanup });
    const env = { ...effects.env, REDIS_PORT: `${database}` };
    const worker = await startTypeScript(file('worker.ts'), { env }, cleanup);
    const receiver = await startTypeScript(file('receiver.ts'), { env }, cleanup);
    const queue = new Queue('friend-deleted', { connection: { host: '127.0.0.1', port: database } });
    cleanup.defer(() => queue.close());
    return {
      url: `http://127.0.0.1:${receiver}/`,
      ports: { receiver, worker, database },
      countFinished: () => queue.getCompletedCount(),
      async finishedAt(since) {
        const jobs = await queue.getCompleted();
        const recent = jobs.filter(({ timestamp }) => timestamp >= since);
        return new Map(recent.map(({ id = '', finishedOn = 0 }) => [id, finishedOn]));
      },
    };
  },
};
