import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { RecentMetrics } from '../../../src/telemetry/recent.ts';
import { WorkerMetrics } from '../../../src/telemetry/worker-metrics.ts';

function receiver() {
  const metrics = createMetrics();
  return { metrics, recent: new RecentMetrics(metrics.registry) };
}

const valuesOf = (recent: RecentMetrics, title: string, label: string) =>
  recent.charts.find((chart) => chart.title === title)?.lines.find((line) => line.label === label)?.values;

describe('what the page of OPS_PORT draws', () => {
  test('a counter is shown as its growth per second, from the second reading on', async () => {
    const { metrics, recent } = receiver();
    metrics.callbacks.labels('accepted').inc(1_000);
    await recent.read(0);
    metrics.callbacks.labels('accepted').inc(40);
    metrics.callbacks.labels('duplicate').inc(10);
    metrics.callbacks.labels('unauthorized').inc(5);
    metrics.callbacks.labels('unavailable').inc(20);
    await recent.read(5_000);
    assert.deepEqual(valuesOf(recent, 'Callbacks answered', 'OK'), [null, 10]);
    assert.deepEqual(valuesOf(recent, 'Callbacks answered', 'refused'), [null, 1]);
    assert.deepEqual(valuesOf(recent, 'Callbacks answered', 'lost'), [null, 4]);
  });

  test('a worker shows the deliveries that ended and the pairs of its side effects', async () => {
    const { metrics, recent } = receiver();
    const worker = new WorkerMetrics(metrics.registry, ['clearCaches']);
    await recent.read(0);
    worker.deliveryEnded('done', 70_000);
    worker.deliveryEnded('done', 3);
    worker.countPairs('clearCaches', { result: 'retried', detail: 'Unreachable', count: 8 });
    await recent.read(2_000);
    assert.deepEqual(valuesOf(recent, 'Deliveries ended', 'done'), [null, 1]);
    assert.deepEqual(valuesOf(recent, 'Deliveries ended', 'failed'), [null, 0]);
    // Before the first of them, the counter has no series.
    assert.deepEqual(valuesOf(recent, 'Side effects of pairs', 'retried'), [null, null]);
    worker.countPairs('clearCaches', { result: 'retried', detail: 'Unreachable', count: 8 });
    await recent.read(4_000);
    assert.deepEqual(valuesOf(recent, 'Side effects of pairs', 'retried'), [null, null, 4]);
  });

  test('a chart without any metric of this process is left out', async () => {
    const { recent } = receiver();
    await recent.read(0);
    const titles = recent.charts.map(({ title }) => title);
    assert.ok(titles.includes('Callbacks answered'));
    assert.ok(!titles.includes('Deliveries ended'));
    assert.ok(!titles.includes('Waiting for a person'));
  });

  test('a quarter of an hour is kept, and not more', async () => {
    const { recent } = receiver();
    for (let at = 0; at < 200; at += 1) await recent.read(at * recent.everyMs);
    assert.equal(valuesOf(recent, 'Callbacks answered', 'OK')?.length, 180);
    assert.equal((180 * recent.everyMs) / 60_000, 15);
  });
});
