import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { Logger } from '../telemetry/logger.ts';
import type { ParkedState, QueueState, TaskKind, TemporalMetrics } from '../telemetry/temporal-metrics.ts';
import { ABANDONED, WAITING } from './attention/attention-query.ts';
import { RETRYING } from './attention/find-retrying.ts';
import { listRuns } from './attention/list-runs.ts';
import { AbandonedCounter } from './attention/taken-up.ts';
import { describeRpcError } from './connect.ts';
import { type Routing, readRouting, readVersion, shareOf } from './task-routing.ts';
import type { VersionWatch } from './version-watch.ts';

/** How often Temporal is asked, in ms. A scrape of the metrics never waits for Temporal. */
const LOOK_EVERY_MS = 20_000;

/** A worker that has not polled for this long is gone, in ms. A poll takes a minute. The server lists a worker for 5. */
const POLLED_WITHIN_MS = 90_000;

const { TaskQueueType } = proto.temporal.api.enums.v1;
const KINDS: Record<TaskKind, number> = {
  workflow: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  activity: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
};

export type TemporalWatchOptions = {
  client: Client;
  taskQueue: string;
  metrics: TemporalMetrics;
  logger: Logger;
  /** Absent: this process has no worker with a version. */
  version?: VersionWatch | undefined;
};

/** What Temporal last told. Undefined: it did not answer. */
export type TemporalView = { parked: ParkedState | undefined; workflows: QueueState | undefined };

/** Asks Temporal regularly which deliveries wait for a person, and which workers poll. */
export class TemporalWatch {
  readonly #options: TemporalWatchOptions;
  readonly #stopping = new AbortController();
  readonly #abandoned = new AbandonedCounter();
  /** What it told at the last look. */
  view: TemporalView = { parked: undefined, workflows: undefined };

  constructor(options: TemporalWatchOptions) {
    this.#options = options;
    void this.#run();
  }

  /** Does not wait for requests that are under way: Temporal may hang. */
  stop(): void {
    this.#stopping.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#look();
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { client, taskQueue, metrics, version } = this.#options;
    const readKind = async (kind: TaskKind) => {
      const state = await this.#orUndefined(() => readQueue(client, taskQueue, kind));
      metrics.setQueue(kind, state);
      return state;
    };
    const [parked, workflows, activities] = await Promise.all([
      this.#orUndefined(() => readParked(client, taskQueue, this.#abandoned)),
      readKind('workflow'),
      readKind('activity'),
    ]);
    metrics.setParked(parked);
    metrics.setReachable([parked, workflows, activities].some((state) => state !== undefined));
    if (workflows) version?.update(workflows.routing);
    this.view = { parked, workflows };
  }

  /** Logs at level debug only: the parts that need Temporal report that it is away. */
  async #orUndefined<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      this.#options.logger.debug(
        { reason: describeRpcError(error) },
        'Temporal could not be asked for metrics',
      );
      return undefined;
    }
  }
}

/** Uses the same queries as `failed`, for one task queue. */
export async function readParked(
  client: Client,
  taskQueue: string,
  abandonedCounter = new AbandonedCounter(),
): Promise<ParkedState> {
  // A query can't find a task queue with a quote in its name, in any notation. Then all task queues count.
  const ofQueue = /["'\\]/.test(taskQueue) ? '' : ` AND TaskQueue="${taskQueue}"`;
  const parked = await count(client, WAITING + ofQueue);
  const retrying = await count(client, RETRYING + ofQueue);
  const abandoned = await abandonedCounter.count(client, ABANDONED + ofQueue);
  const oldest = parked > 0 ? await oldestStart(client, WAITING + ofQueue) : undefined;
  const oldestAgeSeconds = oldest === undefined ? 0 : Math.max(0, Date.now() / 1000 - oldest);
  return { parked, oldestAgeSeconds, abandoned, retrying };
}

async function count(client: Client, query: string): Promise<number> {
  const { namespace } = client.options;
  const answer = await client.workflowService.countWorkflowExecutions({ namespace, query });
  return Number(answer.count);
}

/** When the oldest of the first 10,000 started, in seconds since the epoch. Lists end with the oldest. */
async function oldestStart(client: Client, query: string): Promise<number | undefined> {
  const starts = (await listRuns(client, query)).flatMap(({ startTime }) =>
    startTime ? [Number(startTime.seconds)] : [],
  );
  return starts.length > 0 ? starts.reduce((oldest, start) => Math.min(oldest, start)) : undefined;
}

/** `idlePollers`: workers that poll, and whose version gets no work. */
export type ReadQueue = QueueState & { idlePollers: number; routing: Routing };

export async function readQueue(client: Client, taskQueue: string, kind: TaskKind): Promise<ReadQueue> {
  const { pollers, stats, versioningInfo } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: KINDS[kind],
    reportStats: true,
  });
  const since = (Date.now() - POLLED_WITHIN_MS) / 1000;
  const polling = pollers.filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) >= since);
  const routing = readRouting(versioningInfo);
  const [busy, idle] = [new Set<unknown>(), new Set<unknown>()];
  for (const { identity, deploymentOptions } of polling)
    (shareOf(readVersion(deploymentOptions), routing) > 0 ? busy : idle).add(identity);
  return {
    pollers: busy.size,
    idlePollers: idle.size,
    routing,
    backlog: Number(stats?.approximateBacklogCount ?? 0),
    backlogAgeSeconds: Number(stats?.approximateBacklogAge?.seconds ?? 0),
  };
}
