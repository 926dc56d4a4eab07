import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { Logger } from '../telemetry/logger.ts';
import type { ParkedState, QueueState, TaskKind, TemporalMetrics } from '../telemetry/temporal-metrics.ts';
import { ENDED_UNDONE, WAITS } from './attention/attention-query.ts';
import { listRuns } from './attention/list-runs.ts';
import { EndedUndone } from './attention/taken-up.ts';
import { describeRpcError } from './connect.ts';

/** How often Temporal is asked, in ms; nobody who scrapes waits for it. */
const LOOK_EVERY_MS = 20_000;

/** A poll lasts a minute; a worker that did not come back for this long is gone, in ms. The server keeps it for five. */
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
};

/** Asks Temporal now and then what waits for a person, and who works. */
export class TemporalWatch {
  readonly #options: TemporalWatchOptions;
  readonly #stopping = new AbortController();
  readonly #ended = new EndedUndone();

  constructor(options: TemporalWatchOptions) {
    this.#options = options;
    void this.#run();
  }

  /** What is asked for at this moment is not waited for: a stop has no time for a Temporal that hangs. */
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
    const { client, taskQueue, metrics } = this.#options;
    const looks = [
      this.#orUndefined(() => readParked(client, taskQueue, this.#ended)).then((state) => {
        metrics.setParked(state);
        return state;
      }),
      ...(Object.keys(KINDS) as TaskKind[]).map(async (kind) => {
        const state = await this.#orUndefined(() => readQueue(client, taskQueue, kind));
        metrics.setQueue(kind, state);
        return state;
      }),
    ];
    const states = await Promise.all(looks);
    metrics.setReachable(states.some((state) => state !== undefined));
  }

  /** Temporal away is said elsewhere, by those who need it. */
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

/** By the same queries as `failed`, for one task queue. */
export async function readParked(
  client: Client,
  taskQueue: string,
  ended = new EndedUndone(),
): Promise<ParkedState> {
  // The server finds no name with a quote in it, however that is written.
  const ofQueue = /["'\\]/.test(taskQueue) ? '' : ` AND TaskQueue="${taskQueue}"`;
  const parked = await count(client, WAITS + ofQueue);
  const abandoned = await ended.count(client, ENDED_UNDONE + ofQueue);
  const oldest = parked > 0 ? await oldestStart(client, WAITS + ofQueue) : undefined;
  const oldestAgeSeconds = oldest === undefined ? 0 : Math.max(0, Date.now() / 1000 - oldest);
  return { parked, oldestAgeSeconds, abandoned };
}

async function count(client: Client, query: string): Promise<number> {
  const { namespace } = client.options;
  const answer = await client.workflowService.countWorkflowExecutions({ namespace, query });
  return Number(answer.count);
}

/** Seconds since the epoch. Lists have the oldest last: of more than 10,000 deliveries it is not looked at. */
async function oldestStart(client: Client, query: string): Promise<number | undefined> {
  const starts = (await listRuns(client, query)).flatMap(({ startTime }) =>
    startTime ? [Number(startTime.seconds)] : [],
  );
  return starts.length > 0 ? starts.reduce((oldest, start) => Math.min(oldest, start)) : undefined;
}

export async function readQueue(client: Client, taskQueue: string, kind: TaskKind): Promise<QueueState> {
  const { pollers, stats } = await client.workflowService.describeTaskQueue({
    ...{ namespace: client.options.namespace, taskQueue: { name: taskQueue } },
    ...{ taskQueueType: KINDS[kind], reportStats: true },
  });
  const since = (Date.now() - POLLED_WITHIN_MS) / 1000;
  const polling = pollers.filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) >= since);
  return {
    pollers: new Set(polling.map(({ identity }) => identity)).size,
    backlog: Number(stats?.approximateBacklogCount ?? 0),
    backlogAgeSeconds: Number(stats?.approximateBacklogAge?.seconds ?? 0),
  };
}
