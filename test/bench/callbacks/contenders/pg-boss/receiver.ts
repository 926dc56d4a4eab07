/** Answers once PostgreSQL has the job. */
import PgBoss from 'pg-boss';
import { receive } from '../shared/receive.ts';

const boss = new PgBoss({ connectionString: String(process.env.DATABASE_URL), supervise: false });
boss.on('error', (error) => console.error(error));
await boss.start();

receive((callback) =>
  boss.send('friend-deleted', callback, {
    // A redelivered callback is the same job.
    id: callback.id,
    retryLimit: 10,
    retryDelay: 1,
    retryBackoff: true,
  }),
);
