/**
 * A worker in a process of its own, to be killed: `clearCaches` takes `ms` for every pair, and `step` ms more for each
 * pair after the first. It notes in a file what is done. On SIGTERM it stops as a worker of the product does.
 */
import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { asActivity } from '../../../activities/as-activity.ts';
import { connectWorker } from '../../../src/temporal/worker/connect-worker.ts';
import { createWorker } from '../../../src/temporal/worker/worker.ts';
import { installTestRuntime } from '../servers/temporal.ts';

const [address = '', namespace = '', taskQueue = '', file = '', ms = '', step = ''] = process.argv.slice(2);

installTestRuntime();
const connection = await connectWorker({ connectionOptions: { address }, namespace, configured: true });
let begun = 0;
const clearCaches = asActivity('clearCaches', {
  async each({ key }) {
    const more = begun * Number(step);
    begun += 1;
    await delay(Number(ms) + more);
    appendFileSync(file, `${key}\n`);
    return 'done';
  },
});
const worker = await createWorker({ connection, namespace, taskQueue, activities: { clearCaches } });
process.once('SIGTERM', () => worker.shutdown());
await worker.run();
await connection.close();
