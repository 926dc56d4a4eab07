import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { Worker } from '@temporalio/worker';
import { Registry } from 'prom-client';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { WorkerMetrics } from '../../../src/telemetry/worker-metrics.ts';
import { createClient } from '../../../src/temporal/connect.ts';
import { CoreMetrics } from '../../../src/temporal/worker/core-metrics.ts';
import {
  MissingSearchAttributesError,
  WorkerCreationError,
  WorkerHost,
} from '../../../src/temporal/worker/worker-host.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { TemporalProxy } from '../../support/servers/temporal-proxy.ts';
import { recordingSideEffects, startWorkflow, workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

const LISTS = '/ListSearchAttributes';
const DESCRIBES = '/DescribeNamespace';

/** A stop that waits for nobody takes moments; one that waits for a Temporal that hangs takes half a minute. In ms. */
const STOPPED_MS = 15_000;

let temporal: TestTemporal;
let proxy: TemporalProxy;
before(async () => {
  temporal = await startTestTemporal();
  proxy = await TemporalProxy.start(String(temporal.settings.connectionOptions.address));
});
after(async () => {
  await proxy.stop();
  await temporal.stop();
});

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  proxy.refusals.clear();
  for (const stop of stops.splice(0).reverse()) await stop();
});

type HostOptions = { address?: string; searchAttributes?: 'create' | 'needed'; taskQueue?: string };

function startHost(options: HostOptions = {}) {
  const { address = proxy.address, searchAttributes = 'needed' } = options;
  const { taskQueue = `test-${randomUUID()}` } = options;
  const settings = { ...temporal.settings, connectionOptions: { address } };
  const client = createClient(settings);
  const { ledger, activities } = recordingSideEffects();
  const host = new WorkerHost({
    temporal: settings,
    client,
    taskQueue,
    activities,
    searchAttributes,
    observers: { metrics: new WorkerMetrics(new Registry(), []) },
    coreMetrics: new CoreMetrics(),
    logger: createLogger('silent'),
  });
  stops.push(async () => {
    await host.stop();
    await client.connection.close();
  });
  const works = async () => {
    const handle = await startWorkflow(temporal, taskQueue, workflowInput([{ from: 'a', to: 'b' }]));
    await handle.result();
    assert.deepEqual(
      ledger.clearCaches.map(({ pairs }) => pairs),
      [[{ from: 'a', to: 'b' }]],
    );
  };
  return { host, works };
}

const refuse = (method: string, code: number) => proxy.refusals.set(method, { code, message: 'made up' });
const untilRefused = (method: string) =>
  until(`a refused ${method}`, () => (proxy.refused.get(method) ?? 0) > 0);

describe('a worker that cannot work yet', { concurrency: false }, () => {
  for (const searchAttributes of ['needed', 'create'] as const) {
    const who = searchAttributes === 'create' ? 'start' : 'work';
    test(`given that search attributes can not be listed at first, then the worker of ${who} says so, tries again and works`, async () => {
      proxy.refused.clear();
      refuse(LISTS, status.PERMISSION_DENIED);
      const { host, works } = startHost({ searchAttributes });
      await untilRefused(LISTS);
      await until('the reason', () =>
        host.state.startsWith('trying again: made up; the credentials have no right'),
      );
      assert.equal(host.isPolling, false);
      proxy.refusals.clear();
      await host.polling;
      assert.equal(host.state, 'running');
      await works();
    });
  }

  test('given that the namespace can not be described at first, then it tries again and works', async () => {
    proxy.refused.clear();
    refuse(DESCRIBES, status.PERMISSION_DENIED);
    const { host, works } = startHost();
    await untilRefused(DESCRIBES);
    await until('the reason', () => /^trying again: /.test(host.state));
    proxy.refusals.clear();
    await host.polling;
    await works();
  });

  test('given a worker that fails while it runs, then another one takes its place', async () => {
    const { run } = Worker.prototype;
    // Nothing from outside makes a real one fail.
    Worker.prototype.run = async function (this: Worker) {
      Worker.prototype.run = run;
      const running = run.call(this);
      this.shutdown();
      await running;
      throw new Error('it fell over');
    };
    const { host, works } = startHost();
    await until('the reason', () => host.state === 'trying again: it fell over');
    await until('another one', () => host.isPolling);
    await works();
  });

  test('given search attributes that are missing, then the worker of work ends, and its state says why', async () => {
    proxy.answers.set(LISTS, Buffer.alloc(0));
    try {
      const { host } = startHost();
      await assert.rejects(host.finished, MissingSearchAttributesError);
      assert.match(host.state, /^ended: .*lacks search attributes/);
      assert.equal(host.isPolling, false);
    } finally {
      proxy.answers.clear();
    }
  });

  test('given a worker that the SDK refuses to make, then it ends, and its state says why', async () => {
    const { host } = startHost({ taskQueue: '__temporal_reserved' });
    await assert.rejects(host.finished, WorkerCreationError);
    assert.match(host.state, /^ended: .*__temporal_/);
  });

  test('given a Temporal that hangs, then a stop does not wait for it', async () => {
    const hanging = createServer(() => undefined).listen(0, '127.0.0.1');
    await until('it to listen', () => hanging.listening);
    const { port } = hanging.address() as { port: number };
    const { host } = startHost({ address: `127.0.0.1:${port}` });
    const startedAt = performance.now();
    await host.stop();
    assert.ok(performance.now() - startedAt < STOPPED_MS);
    assert.equal(host.state, 'stopped');
    hanging.close();
  });
});
