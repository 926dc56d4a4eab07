import type { Client } from '@temporalio/client';
import type { WorkerVersion } from '../../config/settings.ts';
import { describeShare, shareOf } from '../../temporal/task-routing.ts';
import { type ReadQueue, readQueue } from '../../temporal/watch.ts';
import type { Finding } from './finding.ts';

/** Whether workers poll, and whether those of this version get work. */
export async function checkWorkers(
  client: Client,
  taskQueue: string,
  version: WorkerVersion | undefined,
): Promise<Finding[]> {
  const queue = await readQueue(client, taskQueue, 'activity');
  const polling = describePolling(queue, taskQueue);
  if (!version) return [polling];
  const { namespace } = client.options;
  const message = describeShare(version, queue.routing, namespace);
  const state = shareOf(version, queue.routing) > 0 ? 'ok' : 'warning';
  return [polling, { component: 'worker version', state, message }];
}

function describePolling({ pollers, idlePollers }: ReadQueue, taskQueue: string): Finding {
  const component = 'workers';
  const idle = idlePollers > 0 ? `; ${idlePollers} more poll, and their version gets no work` : '';
  if (pollers > 0) return { component, state: 'ok', message: `${pollers} polling ${taskQueue}${idle}` };
  const message =
    idlePollers > 0
      ? `none that gets work polls ${taskQueue}: ${idlePollers} poll, and their version is not current; make it current (docs/upgrading.md)`
      : `none polls ${taskQueue}: start one with npx unfriend work`;
  return { component, state: 'warning', message };
}
