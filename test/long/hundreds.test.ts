import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pMap from 'p-map';
import { FRIEND_DELETED, workflowId } from '../../workflows/contract.ts';
import { SwitchableSearch } from '../support/doubles/switchable-search.ts';
import { readMessage, WebhookSink } from '../support/doubles/webhook-sink.ts';
import { countEvents, scheduledActivities } from '../support/histories.ts';
import { postSigned } from '../support/inputs/callbacks.ts';
import { SearchApi } from '../support/search-api.ts';
import { FREE_PORTS, runUnfriend, UnfriendProcess } from '../support/servers/process.ts';
import { TestRedis } from '../support/servers/redis.ts';
import {
  memoryFolder,
  startTestTemporal,
  type TestTemporal,
  temporalCli,
} from '../support/servers/temporal.ts';
import { until } from '../support/until.ts';

const SECRET = 'a-secret-of-these-tests-0';
const FINE = 10;
/** More than Temporal lists at once, so that every list has several pages. */
const FAILING = 520;
const ALL = FINE + FAILING;
const LOOK_EVERY_MS = 500;
const PATIENCE_MS = 240_000;
const { SDK_APP_ID: sdkAppId = '' } = FREE_PORTS;

const INDEX = 'hundreds';
const DOCUMENTS = Array.from({ length: ALL }, (_, number) => `account-${number}:bob`);
const api = new SearchApi(process.env.TEST_OPENSEARCH_URL ?? '');

const folder = memoryFolder();
let temporal: TestTemporal;
let redis: TestRedis;
let search: SwitchableSearch;
let sink: WebhookSink;
let running: UnfriendProcess;
let address: string;
before(async () => {
  [temporal, redis, search, sink] = await Promise.all([
    startTestTemporal({ own: true }),
    TestRedis.start(),
    SwitchableSearch.start(process.env.TEST_OPENSEARCH_URL ?? ''),
    WebhookSink.start(SECRET),
  ]);
  address = String(temporal.settings.connectionOptions.address);
  await api.createIndex(INDEX);
  await api.indexAll(INDEX, DOCUMENTS, 1);
  running = new UnfriendProcess(['start'], {
    ...FREE_PORTS,
    DATA_DIR: folder.path,
    TEMPORAL_ADDRESS: address,
    TASK_QUEUE: 'hundreds',
    // So that what fails is parked at once.
    RETRY_FOR: '500ms',
    CACHE_URL: redis.url,
    SEARCH_URL: search.url,
    SEARCH_INDEX: INDEX,
    NOTIFY_URL: sink.url,
    NOTIFY_SECRET: SECRET,
    NOTIFY_ALLOW_PRIVATE: 'on',
  });
});
after(async () => {
  await running?.kill();
  await Promise.all([temporal.stop(), redis.stop(), search.stop(), sink.stop()]);
  folder.remove();
});

const deliveryId = (number: number) => `delivery-${number}`;
const unfriend = (...args: string[]) =>
  runUnfriend(args, { TEMPORAL_ADDRESS: address, SDK_APP_ID: sdkAppId });

describe('hundreds of deliveries while the search backend is dead', () => {
  test('failed lists exactly those, and once it is back one retry --all finishes all of them; everything happened once', async () => {
    const accounts = Array.from({ length: ALL }, (_, number) => `friends:account-${number}`);
    await redis.use((client) => client.mset(accounts.flatMap((key) => [key, '1'])));
    await post(0, FINE);
    await until(
      'those before to be done',
      async () => (await count('ExecutionStatus="Completed"')) === FINE,
      PATIENCE_MS,
    );
    search.isDead = true;
    await post(FINE, ALL);
    await until(
      'all the others to need attention',
      async () => (await count('UnfriendStatus="NeedsAttention"')) === FAILING,
      PATIENCE_MS,
    );

    const failed = await unfriend('failed', '--effect', 'updateSearchIndex', '--json');
    const { open, closed, deliveries } = JSON.parse(failed.stdout);
    assert.deepEqual([failed.code, open, closed], [0, FAILING, 0]);
    const listed = deliveries.map((row: { deliveryId: string }) => row.deliveryId).sort();
    assert.deepEqual(
      listed,
      Array.from({ length: FAILING }, (_, number) => deliveryId(FINE + number)).sort(),
    );
    assert.ok(
      deliveries.every((row: { errors: { type: string }[] }) => row.errors[0]?.type === 'ServerError'),
    );

    search.isDead = false;
    await finishByTemporalCli(deliveryId(FINE));
    const retried = await unfriend('retry', '--all', '--yes', '--by', 'erin', '--json');
    const report = JSON.parse(retried.stdout);
    assert.deepEqual([retried.code, report.failed], [0, 0], retried.stderr);
    assert.ok(report.signalled >= FAILING - 1, retried.stdout);
    await until(
      'all to be done',
      async () => (await count('ExecutionStatus="Completed"')) === ALL,
      PATIENCE_MS,
    );

    const again = JSON.parse((await unfriend('retry', '--all', '--yes', '--json')).stdout);
    assert.deepEqual([again.open, again.closed, again.signalled, again.started], [0, 0, 0, 0]);
    await assertOnce();
  });
});

/** Sends callbacks of one pair each; one that a busy machine refuses is sent again. */
async function post(from: number, to: number): Promise<void> {
  const { url } = await running.log('taking callbacks');
  const numbers = Array.from({ length: to - from }, (_, index) => from + index);
  const send = (number: number) => {
    const callback = { requestId: deliveryId(number), pairs: [{ from: `account-${number}`, to: 'bob' }] };
    return until(
      'a callback to be taken',
      async () => (await postSigned(String(url), callback)).status === 200,
    );
  };
  await pMap(numbers, send, { concurrency: 20 });
}

/** Seldom: the server has enough to do. */
async function count(query: string): Promise<number> {
  await delay(LOOK_EVERY_MS);
  const { workflowService } = temporal.client;
  const ours = `WorkflowType="${FRIEND_DELETED}" AND ${query}`;
  return Number((await workflowService.countWorkflowExecutions({ namespace: 'default', query: ours })).count);
}

/** As somebody without Unfriend at hand does it. */
async function finishByTemporalCli(id: string): Promise<void> {
  const workflow = workflowId({ sdkAppId, deliveryId: id });
  const { stdout } = await promisify(execFile)(temporalCli(), [
    ...['workflow', 'update', 'execute', '--address', address, '--workflow-id', workflow],
    ...['--name', 'retryFailed', '--input', '{}', '--output', 'json'],
  ]);
  assert.match(stdout, /"affected": ?1/);
  await temporal.client.workflow.getHandle(workflow).result();
}

/**
 * By what the backends themselves saw. On a busy machine a first try can take longer than its 5 s, or its workflow task
 * longer than its 10 s. It is then made again under the same key. Temporal's history says of which deliveries.
 */
async function assertOnce(): Promise<void> {
  assert.deepEqual([...search.deleted].sort(), [...DOCUMENTS].sort());
  assert.deepEqual(await api.allIds(INDEX), []);
  const told = sink.taken.map((message) => readMessage(message).data.deliveryId);
  const all = Array.from({ length: ALL }, (_, number) => deliveryId(number));
  assert.deepEqual([...new Set(told)].sort(), all.sort());
  const calls = await redis.use(async (client) => {
    assert.equal(await client.dbsize(), 0);
    const stats = await client.info('commandstats');
    return Number(stats.match(/cmdstat_unlink:calls=(\d+)/)?.[1]);
  });
  if (told.length === ALL && calls === ALL) return;
  const triedAgain = await countTriedAgain(all);
  assert.ok(
    told.length <= ALL + triedAgain.notifyUsers,
    `${told.length} messages, ${JSON.stringify(triedAgain)}`,
  );
  assert.ok(
    calls >= ALL && calls <= ALL + triedAgain.clearCaches,
    `${calls} calls of Redis, ${JSON.stringify(triedAgain)}`,
  );
}

/** Deliveries whose first try of a side effect gave no answer in time, so that it was made again. */
async function countTriedAgain(
  ids: readonly string[],
): Promise<{ notifyUsers: number; clearCaches: number }> {
  const counts = { notifyUsers: 0, clearCaches: 0 };
  await pMap(
    ids,
    async (id) => {
      const run = { workflowId: workflowId({ sdkAppId, deliveryId: id }), client: temporal.client };
      const [{ scheduled }, events] = await Promise.all([scheduledActivities(run), countEvents(run)]);
      const tasksLost =
        (events.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT ?? 0) + (events.EVENT_TYPE_WORKFLOW_TASK_FAILED ?? 0);
      for (const name of ['notifyUsers', 'clearCaches'] as const)
        counts[name] += tasksLost + scheduled.filter(({ type }) => type === name).length;
    },
    { concurrency: 10 },
  );
  return counts;
}
