import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { postSigned } from '../../support/inputs/callbacks.ts';
import { type CollectedSpan, TestCollector } from '../../support/servers/collector.ts';
import { FREE_PORTS, type ProcessSettings, UnfriendProcess } from '../../support/servers/process.ts';
import { startTestTemporal, type TestTemporal, temporaryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

/** Made up so that it can't stand anywhere by chance. */
const PAIRS = [
  { from: 'Secret-From', to: 'Secret-To' },
  { from: 'Secret-From', to: 'Secret-Other' },
];
const SECRETS = /Secret-|Sign=|RequestTime|xxxxyyyy|hush/;

/** Two activities a pair, and one message. */
const ACTIVITIES = ['clearCaches', 'clearCaches', 'notifyUsers', 'updateSearchIndex', 'updateSearchIndex'];

const folder = temporaryFolder();
let temporal: TestTemporal;
let collector: TestCollector;
before(async () => {
  temporal = await startTestTemporal();
  collector = await TestCollector.start();
});
after(async () => {
  await collector.stop();
  await temporal.stop();
  folder.remove();
});

function settings(more: ProcessSettings = {}): ProcessSettings {
  return {
    ...FREE_PORTS,
    DATA_DIR: folder.path,
    CALLBACK_PATH: '/hush',
    TASK_QUEUE: 'telemetry',
    TEMPORAL_ADDRESS: temporal.settings.connectionOptions.address ?? '',
    ...more,
  };
}

async function startWith(more: ProcessSettings = {}) {
  const running = new UnfriendProcess(['start'], settings(more));
  const { url } = await running.log('taking callbacks');
  const { url: ops } = await running.log('health, readiness and metrics');
  // Before that, deliveries have no way through the journal, and the log has lines of no delivery.
  await until('an open journal', async () => (await metric(String(ops), 'unfriend_journal_available')) === 1);
  await until('readiness', async () => (await fetch(`${ops}/readyz`)).ok);
  return { running, url: String(url), ops: String(ops) };
}

async function stop(running: UnfriendProcess): Promise<void> {
  running.child.kill('SIGTERM');
  assert.equal(await running.exit(), 0);
}

/** A row of the metrics page, by its name and labels. */
async function metric(ops: string, row: string): Promise<number> {
  const page = await (await fetch(`${ops}/metrics`)).text();
  const line = page.split('\n').find((each) => each.startsWith(`${row} `));
  return line === undefined ? Number.NaN : Number(line.slice(row.length));
}

describe('what one callback leaves behind, with OTEL_EXPORTER_OTLP_ENDPOINT set and LOG_LEVEL=info', () => {
  let running: UnfriendProcess;
  let ops: string;
  let spans: CollectedSpan[];

  before(async () => {
    let url: string;
    ({ running, url, ops } = await startWith({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '100',
    }));
    assert.equal((await postSigned(url, { requestId: 'telemetry-1', pairs: PAIRS })).status, 200);
    const done = 'unfriend_delivery_duration_seconds_count{result="done"}';
    await until('the delivery to be done', async () => (await metric(ops, done)) === 1);
    const request = await until('its workflow’s span', () =>
      collector.spans.find(({ name }) => name === 'workflow friendDeleted'),
    );
    spans = await until('all spans', () => {
      const found = collector.trace(request.traceId);
      return found.length >= 4 + ACTIVITIES.length && found;
    });
  });
  after(() => running?.kill());

  test('one trace leads from the request over journal, start and workflow to every activity', () => {
    const named = (name: string) => spans.filter((span) => span.name === name);
    const [request] = named('POST callback');
    const [journal] = named('journal');
    const [start] = named('start workflow');
    const [workflow] = named('workflow friendDeleted');
    const activities = spans.filter(({ name }) => ACTIVITIES.includes(name));
    assert.equal(request?.parentSpanId ?? '', '');
    assert.equal(journal?.parentSpanId, request?.spanId);
    assert.equal(start?.parentSpanId, journal?.spanId);
    assert.equal(workflow?.parentSpanId, start?.spanId);
    assert.deepEqual(activities.map(({ name }) => name).sort(), ACTIVITIES);
    for (const activity of activities) assert.equal(activity.parentSpanId, workflow?.spanId);
    assert.equal(spans.length, 4 + ACTIVITIES.length);
  });

  test('every span says which delivery or workflow it is of, and none is an error', () => {
    for (const { name, attributes, status } of spans) {
      const about = attributes['unfriend.delivery_id'] ?? attributes['temporal.workflow_id'];
      assert.match(String(about), /telemetry-1$/, name);
      assert.notEqual(status, 2, name);
    }
  });

  test('no span holds an account, a path that may be secret, or a token', () => {
    assert.match(collector.received, /telemetry-1/);
    assert.doesNotMatch(collector.received, SECRETS);
  });

  test('the metrics page counts pairs by what became of them, and has the SDK’s own metrics', async () => {
    for (const [row, value] of Object.entries({
      'unfriend_callbacks_total{verdict="accepted"}': 1,
      unfriend_journal_dispatched_total: 1,
      unfriend_journal_bypassed_total: 0,
      unfriend_journal_available: 1,
      'unfriend_side_effect_pairs_total{side_effect="notifyUsers",result="done",detail="sent"}': 2,
      'unfriend_side_effect_duration_seconds_count{side_effect="clearCaches"}': 2,
      'unfriend_delivery_duration_seconds_count{result="failed"}': 0,
    })) {
      assert.equal(await metric(ops, row), value, row);
    }
    const page = await (await fetch(`${ops}/metrics`)).text();
    assert.match(page, /^temporal_worker_task_slots_available\{.*\} \d+$/m);
    assert.match(page, /^temporal_workflow_endtoend_latency_seconds_bucket\{/m);
    assert.doesNotMatch(page, SECRETS);
  });

  test('the metrics page says that Temporal is there, and that nothing is parked', async () => {
    const expected = {
      unfriend_temporal_reachable: 1,
      unfriend_deliveries_parked: 0,
      unfriend_deliveries_abandoned: 0,
    };
    for (const [row, value] of Object.entries(expected)) {
      await until(`${row} ${value}`, async () => (await metric(ops, row)) === value, 30_000);
    }
  });

  test('every line of the log from the answer to the last side effect names the delivery, and none an account', async () => {
    await stop(running);
    const between = assertLogged(running, 'telemetry-1');
    assert.ok(between.some(({ msg }) => msg === 'delivery handed over to Temporal'));
    assert.equal(between.filter(({ msg }) => msg === 'side effect done').length, 3);
  });
});

/** From the answer to the last side effect. */
function assertLogged(running: UnfriendProcess, deliveryId: string): Record<string, unknown>[] {
  const lines = running.logs();
  const first = lines.findIndex(({ msg }) => msg === 'callback answered');
  const last = lines.findLastIndex(({ msg }) => /^side effect/.test(String(msg)));
  const between = lines.slice(first, last + 1);
  assert.ok(between.length >= 5);
  for (const line of between) assert.equal(line.deliveryId, deliveryId, JSON.stringify(line));
  assert.doesNotMatch(running.stderr.replace(/"url":"[^"]*"/, ''), SECRETS);
  return between;
}

test('given a cache that is down, then log and metrics say so by the failure’s type, and name no account either', async () => {
  const { running, url, ops } = await startWith({ CACHE_URL: 'redis://127.0.0.1:1', RETRY_FOR: '1s' });
  await postSigned(url, { requestId: 'telemetry-3', pairs: PAIRS });
  const pairs = (sideEffect: string, result: string, detail: string) =>
    metric(
      ops,
      `unfriend_side_effect_pairs_total{side_effect="${sideEffect}",result="${result}",detail="${detail}"}`,
    );
  // Each pair: the first pass, and two tries of the activity that retries it.
  await until('two pairs to fail', async () => (await pairs('clearCaches', 'failed', 'Unreachable')) === 2);
  assert.equal(await pairs('clearCaches', 'retried', 'Unreachable'), 4);
  assert.equal(await pairs('notifyUsers', 'done', 'sent'), 2);
  await running.log('side effect parked, waits for a person');
  await stop(running);
  const lines = assertLogged(running, 'telemetry-3');
  const about = lines.filter(({ msg }) => /^side effect (failed|parked)/.test(String(msg)));
  assert.deepEqual(
    about.map(({ level, sideEffect, type }) => [level, sideEffect, type]),
    [
      ['warn', 'clearCaches', 'Unreachable'],
      ['error', 'clearCaches', 'Unreachable'],
    ],
  );
});

test('given no setting of OpenTelemetry, then nothing of it is sent, and the history has no header of it', async () => {
  const { running, url, ops } = await startWith({
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  });
  const before = collector.received.length;
  try {
    await postSigned(url, { requestId: 'telemetry-2', pairs: PAIRS });
    const done = 'unfriend_delivery_duration_seconds_count{result="done"}';
    await until('the delivery to be done', async () => (await metric(ops, done)) === 1);
    const id = `friend-deleted/${FREE_PORTS.SDK_APP_ID}/telemetry-2`;
    const history = await temporal.client.workflow.getHandle(id).fetchHistory();
    assert.doesNotMatch(JSON.stringify(history), /_tracer-data/);
    assert.equal(collector.received.length, before);
  } finally {
    await stop(running);
  }
});
