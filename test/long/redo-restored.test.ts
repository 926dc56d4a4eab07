import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pMap from 'p-map';
import { FRIEND_DELETED, readWorkflowId } from '../../workflows/contract.ts';
import { readMessage, WebhookSink } from '../support/doubles/webhook-sink.ts';
import { postSigned } from '../support/inputs/callbacks.ts';
import { SearchApi } from '../support/search-api.ts';
import type { JavaSearchServer } from '../support/servers/java-search-server.ts';
import { startOwnOpenSearch } from '../support/servers/open-search.ts';
import { FREE_PORTS, runUnfriend, UnfriendProcess } from '../support/servers/process.ts';
import { TestRedis } from '../support/servers/redis.ts';
import { memoryFolder, startTestTemporal, type TestTemporal } from '../support/servers/temporal.ts';
import { until } from '../support/until.ts';

const SECRET = 'a-secret-of-these-tests-0';
const ALL = 500;
const HOUR = 3_600_000;
const PATIENCE_MS = 240_000;
const LOOK_EVERY_MS = 500;
/** How many redos there are when the process that starts them is killed. */
const BEFORE_KILL = 60;

const INDEX = 'restored';
const NUMBERS = Array.from({ length: ALL }, (_, number) => number);
const documentOf = (number: number) => `account-${number}:bob`;
const OTHERS = ['somebody:bob', 'somebody:else'];
/** Friendships that were made again after the restore. */
const AGAIN = NUMBERS.slice(0, 5).map(documentOf);

type RedoDocument = Record<
  'found' | 'started' | 'pairs' | 'already' | 'nothing' | 'failed' | 'open',
  number
> & {
  goOn: string;
};

const folder = memoryFolder();
let temporal: TestTemporal;
let redis: TestRedis;
let search: JavaSearchServer;
let api: SearchApi;
let sink: WebhookSink;
let running: UnfriendProcess;
let settings: Record<string, string>;
/** Nothing was lost before. */
let since: string;

before(async () => {
  [temporal, redis, search, sink] = await Promise.all([
    startTestTemporal({ own: true }),
    TestRedis.start(),
    startOwnOpenSearch(),
    WebhookSink.start(SECRET),
  ]);
  api = new SearchApi(search.url);
  settings = {
    ...FREE_PORTS,
    DATA_DIR: folder.path,
    TEMPORAL_ADDRESS: String(temporal.settings.connectionOptions.address),
    TASK_QUEUE: 'restored',
    CACHE_URL: redis.url,
    SEARCH_URL: search.url,
    SEARCH_INDEX: INDEX,
    NOTIFY_URL: sink.url,
    NOTIFY_SECRET: SECRET,
    NOTIFY_ALLOW_PRIVATE: 'on',
  };
  await fillAndBackUp();
  since = new Date().toISOString();
  running = new UnfriendProcess(['start'], settings);
  await finishAll();
});
after(async () => {
  await running?.kill();
  await Promise.all([temporal.stop(), redis.stop(), search.stop(), sink.stop()]);
  folder.remove();
});

describe('500 finished deliveries, and a cache and an index that were restored from before', () => {
  test('given a redo that was killed, and two people who go on with it at the same time, then every delivery has one redo, and the restored cache is right', async () => {
    await redis.use((client) => client.flushall());
    await redis.kill();
    await redis.start();
    assert.equal(await redis.use((client) => client.dbsize()), ALL + OTHERS.length);

    const killed = new UnfriendProcess(
      ['redo', '--effect', 'clearCaches', '--since', since, '--yes', '--rate', '100'],
      settings,
    );
    await until('some redos', async () => (await redos()).length >= BEFORE_KILL, PATIENCE_MS);
    await killed.kill();
    const begun = (await redos()).length;
    assert.ok(begun < ALL, `${begun} were started`);
    const [, goOn = ''] = /: npx unfriend (redo .*)$/m.exec(killed.stderr) ?? [];

    const both = await Promise.all([redo(goOn), redo(goOn)]);
    for (const { already, failed, open, found } of both) {
      assert.deepEqual([found, failed, open], [ALL, 0, 0]);
      assert.ok(already >= begun, String(already));
    }
    assert.equal(
      both.reduce((sum, { started }) => sum + started, 0),
      ALL - begun,
    );
    await untilRedone(ALL);
    const ids = await redos();
    assert.equal(ids.length, ALL);
    assert.ok(ids.every((id) => readWorkflowId(id).redo === 1));
    assert.deepEqual(
      (await redis.use((client) => client.keys('*'))).sort(),
      OTHERS.map((name) => `friends:${name}`).sort(),
    );
    const again = await redo(goOn);
    assert.deepEqual([again.found, again.started, again.already], [ALL, 0, ALL]);
  });

  for (const guard of ['external', 'field:updatedAt']) {
    test(`given SEARCH_GUARD=${guard}, then one redo makes the restored index right, and ${AGAIN.length} friendships that were made again survive`, async () => {
      await restart({ SEARCH_GUARD: guard });
      await restoreIndex();
      await Promise.all(AGAIN.map((id) => index(id, Date.now())));
      const earlier = (await redos()).length;

      const dry = await redo(`redo --effect updateSearchIndex --since ${since} --dry-run`);
      assert.deepEqual([dry.started, dry.pairs, dry.already], [ALL, ALL, 0]);
      assert.equal((await redos()).length, earlier);
      const done = await redo(`redo --effect updateSearchIndex --since ${since}`);
      assert.deepEqual([done.found, done.started, done.failed, done.open], [ALL, ALL, 0, 0]);
      await untilRedone(earlier + ALL);
      assert.deepEqual((await api.allIds(INDEX)).sort(), [...OTHERS, ...AGAIN].sort());
      const again = await redo(done.goOn.replace('npx unfriend ', ''));
      assert.deepEqual([again.started, again.already], [0, ALL]);
    });
  }

  test('no message was sent again', () => {
    const told = sink.taken.map((message) => readMessage(message).data.deliveryId);
    assert.deepEqual(told.sort(), NUMBERS.map((number) => `delivery-${number}`).sort());
  });
});

/** What there was before the friendships ended: in Redis and its dump, in the index and its snapshot. */
async function fillAndBackUp(): Promise<void> {
  const names = [...NUMBERS.map((number) => `account-${number}`), ...OTHERS];
  await redis.use(async (client) => {
    await client.mset(names.flatMap((name) => [`friends:${name}`, '1']));
    await client.save();
  });
  await api.createIndex(INDEX);
  await pMap([...NUMBERS.map(documentOf), ...OTHERS], (id) => index(id, Date.now() - HOUR), {
    concurrency: 20,
  });
  await api.ask('PUT', '_snapshot/backup', { type: 'fs', settings: { location: search.snapshots } });
  const { snapshot } = await api.ask<{ snapshot: { state: string } }>(
    'PUT',
    '_snapshot/backup/before?wait_for_completion=true',
    { indices: INDEX },
  );
  assert.equal(snapshot.state, 'SUCCESS');
}

/** As an app does whose index works with each of the guards. */
function index(id: string, at: number): Promise<unknown> {
  return api.index(INDEX, id, { version: at, body: { updatedAt: at } });
}

async function restoreIndex(): Promise<void> {
  await api.ask('DELETE', INDEX);
  await api.ask('POST', '_snapshot/backup/before/_restore?wait_for_completion=true', { indices: INDEX });
  assert.equal((await api.allIds(INDEX)).length, ALL + OTHERS.length);
}

/** Sends one callback per account, and waits until everything is done. */
async function finishAll(): Promise<void> {
  const { url } = await running.log('taking callbacks');
  const send = (number: number) => {
    const requestId = `delivery-${number}`;
    const pairs = [{ from: `account-${number}`, to: 'bob' }];
    return until('a callback to be taken', async () => {
      return (await postSigned(String(url), { requestId, pairs })).status === 200;
    });
  };
  await pMap(NUMBERS, send, { concurrency: 20 });
  await until('all to be done', async () => (await completed()).length === ALL, PATIENCE_MS);
  assert.deepEqual((await api.allIds(INDEX)).sort(), OTHERS);
  assert.equal(await redis.use((client) => client.dbsize()), OTHERS.length);
}

async function restart(more: Record<string, string>): Promise<void> {
  running.child.kill('SIGTERM');
  assert.equal(await running.exit(), 0, running.stderr);
  running = new UnfriendProcess(['start'], { ...settings, ...more });
  await running.log('working');
}

async function redo(command: string): Promise<RedoDocument> {
  const { stdout, stderr } = await runUnfriend([...command.split(' '), '--yes', '--json'], settings);
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout);
}

async function redos(query = ''): Promise<string[]> {
  const ids = await list(`WorkflowType="${FRIEND_DELETED}"${query}`);
  return ids.filter((id) => readWorkflowId(id).redo > 0);
}

async function untilRedone(count: number): Promise<void> {
  const done = async () => (await redos(' AND ExecutionStatus="Completed"')).length === count;
  await until('the redos to be done', done, PATIENCE_MS);
}

function completed(): Promise<string[]> {
  return list(`WorkflowType="${FRIEND_DELETED}" AND ExecutionStatus="Completed"`);
}

/** Seldom: the server has enough to do. */
async function list(query: string): Promise<string[]> {
  await delay(LOOK_EVERY_MS);
  const ids: string[] = [];
  for await (const { workflowId } of temporal.client.workflow.list({ query, pageSize: 1_000 }))
    ids.push(workflowId);
  return ids;
}
