import PgBoss from 'pg-boss';
import { ready } from '../../../programs/ready.ts';
import { type Pair, processCallback } from '../shared/effects.ts';

/** The shortest interval that pg-boss takes, in seconds. Its default of 2 s would only make it slower. */
const POLLING_SECONDS = 0.5;
/** A worker fetches so many jobs at once, at most once per interval. They are done when all of them are. */
const BATCH = 100;
/** Workers of a process fetch independently of one another. With four, the interval does not limit pg-boss here. */
const WORKERS = 4;

const boss = new PgBoss(String(process.env.DATABASE_URL));
boss.on('error', (error) => console.error(error));
await boss.start();
await boss.createQueue('friend-deleted');
const options = { batchSize: BATCH, pollingIntervalSeconds: POLLING_SECONDS };
for (let index = 0; index < WORKERS; index += 1) {
  await boss.work<{ id: string; pairs: Pair[] }>('friend-deleted', options, async (jobs) => {
    await Promise.all(jobs.map(({ data }) => processCallback(data)));
  });
}
ready();
