import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { Registry } from 'prom-client';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { TemporalMetrics } from '../../../src/telemetry/temporal-metrics.ts';
import { AbandonedCounter } from '../../../src/temporal/attention/taken-up.ts';
import { createClient } from '../../../src/temporal/connect.ts';
import { freePort } from '../../../src/temporal/local/free-port.ts';
import { readParked, readQueue, TemporalWatch } from '../../../src/temporal/watch.ts';
import { FRIEND_DELETED, searchAttributes } from '../../../workflows/contract.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { recordingSideEffects, withWorker } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(() => temporal.stop());

/** Nobody works on its queue, so that it stays as it is. */
function startParked(
  taskQueue: string,
  {
    status = 'NeedsAttention',
    id = `friend-deleted/1400000000/${randomUUID()}`,
    timeout,
  }: { status?: string; id?: string; timeout?: '1s' } = {},
) {
  return temporal.client.workflow.start(FRIEND_DELETED, {
    taskQueue,
    workflowId: id,
    args: [],
    ...(timeout && { workflowExecutionTimeout: timeout }),
    typedSearchAttributes: [{ key: searchAttributes.status, value: status }],
  });
}

describe('what Temporal is asked for metrics', () => {
  test('deliveries that wait for a person or are retried are counted: of this task queue, and open ones alone', async () => {
    const { client } = temporal;
    const taskQueue = `parked-${randomUUID()}`;
    const none = { parked: 0, oldestAgeSeconds: 0, abandoned: 0, retrying: 0 };
    assert.deepEqual(await readParked(client, taskQueue), none);
    await startParked(taskQueue);
    await startParked(taskQueue);
    await startParked(taskQueue, { status: 'Retrying' });
    await startParked('another-queue');
    const state = await until('two parked', async () => {
      const parked = await readParked(client, taskQueue);
      return parked.parked === 2 && parked.retrying === 1 && parked;
    });
    assert.equal(state.abandoned, 0);
    assert.ok(state.oldestAgeSeconds >= 0 && state.oldestAgeSeconds < 60, String(state.oldestAgeSeconds));
  });

  test('deliveries that ended with side effects undone are counted, however they ended, until somebody takes them up', async () => {
    const { client } = temporal;
    const taskQueue = `ended-${randomUUID()}`;
    const ended = new AbandonedCounter();
    const counts = (expected: number) =>
      until(`${expected} to be counted`, async () => {
        const { abandoned } = await readParked(client, taskQueue, ended);
        return abandoned === expected;
      });
    const first = await startParked(taskQueue);
    await first.terminate('to be closed');
    await (await startParked(taskQueue, { status: 'Retrying' })).terminate('to be closed');
    await (await startParked(taskQueue, { status: 'Done' })).terminate('after the last side effect');
    await startParked(taskQueue, { timeout: '1s' });
    await counts(3);
    const retry = await startParked(taskQueue, { status: 'Running', id: `${first.workflowId}/retry-1` });
    await counts(2);
    await retry.terminate('to be closed');
    await counts(3);
    const settled = await startParked(taskQueue, { status: 'Done', id: `${first.workflowId}/retry-2` });
    await settled.terminate('after the last side effect');
    await counts(2);
    // Asked again by somebody who remembers nothing.
    assert.equal((await readParked(client, taskQueue)).abandoned, 2);
  });

  test('given more such deliveries than one request asks about, then all of them are counted', async () => {
    const { client } = temporal;
    const taskQueue = `ended-${randomUUID()}`;
    const started = await Promise.all(Array.from({ length: 90 }, () => startParked(taskQueue)));
    await Promise.all(started.map((handle) => handle.terminate('to be closed')));
    await Promise.all(
      started
        .slice(0, 80)
        .map(({ workflowId }) => startParked(taskQueue, { status: 'Running', id: `${workflowId}/retry-1` })),
    );
    await until('ten to be left', async () => (await readParked(client, taskQueue)).abandoned === 10);
  });

  test('given no worker, then tasks wait and nobody polls', async () => {
    const taskQueue = `idle-${randomUUID()}`;
    await startParked(taskQueue);
    const state = await until('a task to wait', async () => {
      const queue = await readQueue(temporal.client, taskQueue, 'workflow');
      return queue.backlog > 0 && queue;
    });
    assert.equal(state.pollers, 0);
  });

  test('a worker that polls is counted', async () => {
    const { activities } = recordingSideEffects();
    await withWorker(temporal, activities, async (taskQueue) => {
      for (const kind of ['workflow', 'activity'] as const) {
        await until(kind, async () => (await readQueue(temporal.client, taskQueue, kind)).pollers === 1);
      }
    });
  });

  test('given Temporal away, then it is reported as not reachable, and unknown counts are NaN', async () => {
    const registry = new Registry();
    const address = `127.0.0.1:${await freePort()}`;
    const client = createClient({ ...temporal.settings, connectionOptions: { address } });
    const watch = new TemporalWatch({
      client,
      taskQueue: 'any',
      metrics: new TemporalMetrics(registry),
      logger: createLogger('silent'),
    });
    await until('it to be known', async () => /_reachable 0/.test(await registry.metrics()), 30_000);
    const page = await registry.metrics();
    assert.match(page, /^unfriend_deliveries_parked Nan$/im);
    assert.match(page, /^unfriend_workers_polling\{kind="activity"\} Nan$/im);
    // In the middle of a look: what is under way, and tried again, must not end the process.
    watch.stop();
    await client.connection.close();
  });
});
