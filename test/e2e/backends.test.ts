import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { postSigned } from '../support/callbacks.ts';
import { type OpenSearchServer, startTestOpenSearch } from '../support/open-search.ts';
import { FREE_PORTS, runUnfriend, UnfriendProcess } from '../support/process.ts';
import { TestRedis } from '../support/redis.ts';
import { SearchApi } from '../support/search-api.ts';
import { startTestTemporal, type TestTemporal, temporaryFolder } from '../support/temporal.ts';
import { until } from '../support/until.ts';

const INDEX = `friends-e2e-${process.pid}`;

describe('unfriend on a real Redis and a real OpenSearch', () => {
  const folder = temporaryFolder();
  let redis: TestRedis;
  let openSearch: OpenSearchServer;
  let temporal: TestTemporal;
  let api: SearchApi;
  let settings: Record<string, string>;

  before(async () => {
    [redis, openSearch, temporal] = await Promise.all([
      TestRedis.start({ args: ['--requirepass', 's3cr3t'], client: { password: 's3cr3t' } }),
      startTestOpenSearch(),
      startTestTemporal(),
    ]);
    api = new SearchApi(openSearch.url);
    await api.createIndex(INDEX);
    settings = {
      ...{ ...FREE_PORTS, DATA_DIR: folder.path, TASK_QUEUE: INDEX, NOTIFY_URL: 'off' },
      TEMPORAL_ADDRESS: String(temporal.settings.connectionOptions.address),
      CACHE_URL: redis.url.replace('//', '//:s3cr3t@'),
      ...{ SEARCH_URL: openSearch.url, SEARCH_INDEX: INDEX, SEARCH_GUARD: 'field:updatedAt' },
    };
  });
  after(async () => {
    await api.ask('DELETE', INDEX);
    await Promise.all([redis.stop(), openSearch.stop(), temporal.stop()]);
    folder.remove();
  });

  test('given a callback, then its keys and documents are gone, and the service still stops cleanly', async () => {
    await redis.use((client) => client.mset('friends:id', 1, 'friends:other', 1));
    await api.index(INDEX, 'id:id1', { body: { updatedAt: Date.now() - 60_000 } });
    await api.index(INDEX, 'id:id2', { body: { updatedAt: Date.now() + 60_000 } });
    const running = new UnfriendProcess(['start'], settings);
    const { url } = await running.log('taking callbacks');
    await running.log('working');
    assert.equal((await postSigned(String(url), { requestId: 'e2e-backends' })).status, 200);
    await until('the side effects', async () => {
      const key = await redis.use((client) => client.exists('friends:id'));
      return key === 0 && !(await api.has(INDEX, 'id:id1'));
    });
    assert.equal(await redis.use((client) => client.exists('friends:other')), 1);
    assert.equal(await api.has(INDEX, 'id:id2'), true);
    running.child.kill('SIGTERM');
    assert.equal(await running.exit(), 0, running.stderr);
    assert.doesNotMatch(running.stderr, /s3cr3t/);
  });

  test('given servers that are there, then check work says what it found on each', async () => {
    const { code, stdout } = await runUnfriend(['check', 'work'], settings);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^✓ CACHE_URL: 127\.0\.0\.1:\d+: reachable, UNLINK allowed$/m);
    assert.match(stdout, /^✓ SEARCH_URL: http:.* is there, deleting allowed$/m);
    assert.match(stdout, /^✓ NOTIFY_URL: off$/m);
  });

  test('given a wrong password and no index, then check work ends with 1 and says what to do, without secrets', async () => {
    const wrong = { ...settings, CACHE_URL: redis.url.replace('//', '//:wr0ng@'), SEARCH_INDEX: 'nowhere' };
    const { code, stdout, stderr } = await runUnfriend(['check', 'work', '--json'], wrong);
    assert.equal(code, 1);
    const faults = JSON.parse(stdout).findings.filter(({ state }: { state: string }) => state === 'fault');
    assert.deepEqual(
      faults.map(({ component }: { component: string }) => component),
      ['CACHE_URL', 'SEARCH_URL'],
    );
    assert.match(faults[0].message, /WRONGPASS.*; check user and password in CACHE_URL/);
    assert.match(faults[1].message, /there is no such index; create it, or set SEARCH_INDEX/);
    assert.doesNotMatch(stdout + stderr, /wr0ng|s3cr3t/);
  });

  test('given check serve, then no backend is reached: a receiver needs none', async () => {
    const { stdout } = await runUnfriend(['check', 'serve'], {
      ...settings,
      CACHE_URL: 'redis://127.0.0.1:1',
    });
    assert.match(stdout, /^✓ CACHE_URL: set; npx unfriend check work reaches it$/m);
  });
});
