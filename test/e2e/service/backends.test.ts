import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Finding } from '../../../src/cli/check/finding.ts';
import { WebhookSink } from '../../support/doubles/webhook-sink.ts';
import { postSigned } from '../../support/inputs/callbacks.ts';
import { SearchApi } from '../../support/search-api.ts';
import { type SearchServer, startTestOpenSearch } from '../../support/servers/open-search.ts';
import { FREE_PORTS, runUnfriend, UnfriendProcess } from '../../support/servers/process.ts';
import { TestRedis } from '../../support/servers/redis.ts';
import { startTestTemporal, type TestTemporal, temporaryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

const SECRET = 'a-secret-of-these-tests-0';
const INDEX = `friends-e2e-${process.pid}`;

describe('unfriend on a real Redis, a real OpenSearch and a webhook endpoint', () => {
  const folder = temporaryFolder();
  let redis: TestRedis;
  let openSearch: SearchServer;
  let temporal: TestTemporal;
  let sink: WebhookSink;
  let api: SearchApi;
  let settings: Record<string, string>;

  before(async () => {
    [redis, openSearch, temporal, sink] = await Promise.all([
      TestRedis.start({ args: ['--requirepass', 's3cr3t'], client: { password: 's3cr3t' } }),
      startTestOpenSearch(),
      startTestTemporal(),
      WebhookSink.start(SECRET),
    ]);
    api = new SearchApi(openSearch.url);
    await api.createIndex(INDEX);
    settings = {
      ...FREE_PORTS,
      DATA_DIR: folder.path,
      TASK_QUEUE: INDEX,
      NOTIFY_URL: sink.url,
      NOTIFY_SECRET: SECRET,
      NOTIFY_ALLOW_PRIVATE: 'on',
      TEMPORAL_ADDRESS: String(temporal.settings.connectionOptions.address),
      CACHE_URL: redis.url.replace('//', '//:s3cr3t@'),
      SEARCH_URL: openSearch.url,
      SEARCH_INDEX: INDEX,
      SEARCH_GUARD: 'field:updatedAt',
    };
  });
  after(async () => {
    await api.ask('DELETE', INDEX);
    await Promise.all([redis.stop(), openSearch.stop(), temporal.stop(), sink.stop()]);
    folder.remove();
  });

  test('given a callback, then its keys and documents are gone, its message is sent, and the service still stops cleanly', async () => {
    await redis.use((client) => client.mset('friends:id', 1, 'friends:other', 1));
    await api.index(INDEX, 'id:id1', { body: { updatedAt: Date.now() - 60_000 } });
    await api.index(INDEX, 'id:id2', { body: { updatedAt: Date.now() + 60_000 } });
    const running = new UnfriendProcess(['start'], settings);
    const { url } = await running.log('taking callbacks');
    await running.log('working');
    assert.equal((await postSigned(String(url), { requestId: 'e2e-backends' })).status, 200);
    await until('the side effects', async () => {
      const key = await redis.use((client) => client.exists('friends:id'));
      return key === 0 && !(await api.has(INDEX, 'id:id1')) && sink.acknowledged.length > 0;
    });
    assert.equal(await redis.use((client) => client.exists('friends:other')), 1);
    assert.equal(await api.has(INDEX, 'id:id2'), true);
    running.child.kill('SIGTERM');
    assert.equal(await running.exit(), 0, running.stderr);
    assert.doesNotMatch(running.stderr, new RegExp(`s3cr3t|${SECRET}`));
  });

  test('given servers that are there, then check work says what it found on each', async () => {
    const { code, stdout } = await runUnfriend(['check', 'work'], settings);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^✓ CACHE_URL: 127\.0\.0\.1:\d+: reachable, UNLINK allowed$/m);
    assert.match(stdout, /^✓ SEARCH_URL: http:.* is there, deleting allowed$/m);
    assert.match(stdout, /^! NOTIFY_URL: the endpoint at 127\.0\.0\.1:\d+ is there; .*prefer https:/m);
  });

  test('given a wrong password, no index and nobody at the webhook, then check work ends with 1 and says of each what to do, without secrets', async () => {
    const { code, stdout, stderr } = await runUnfriend(['check', 'work', '--json'], {
      ...settings,
      CACHE_URL: redis.url.replace('//', '//:wr0ng@'),
      SEARCH_INDEX: 'nowhere',
      NOTIFY_URL: 'http://127.0.0.1:1/hooks?token=t0ken',
    });
    assert.equal(code, 1);
    const faults = JSON.parse(stdout).findings.filter(({ state }: Finding) => state === 'fault');
    const lines = faults.map(({ component, message }: Finding) => `${component}: ${message}`);
    assert.equal(lines.length, 3);
    assert.match(lines[0], /^CACHE_URL: .*WRONGPASS.*; check user and password in CACHE_URL/);
    assert.match(lines[1], /^SEARCH_URL: .*there is no such index; create it, or set SEARCH_INDEX/);
    assert.match(
      lines[2],
      /^NOTIFY_URL: the endpoint at 127\.0\.0\.1:1: .*ECONNREFUSED.*; check NOTIFY_URL$/,
    );
    assert.doesNotMatch(stdout + stderr, new RegExp(`wr0ng|s3cr3t|t0ken|${SECRET}`));
  });

  test('given servers that are away and a webhook that may not be posted to, then check work says so too', async () => {
    const { code, stdout } = await runUnfriend(['check', 'work'], {
      ...settings,
      CACHE_URL: 'redis://127.0.0.1:1',
      SEARCH_URL: 'http://127.0.0.1:1',
      NOTIFY_ALLOW_PRIVATE: 'off',
    });
    assert.equal(code, 1);
    assert.match(stdout, /^✗ CACHE_URL: .*ECONNREFUSED; check host and port in CACHE_URL/m);
    assert.match(stdout, /^✗ SEARCH_URL: .*ECONNREFUSED.*; check SEARCH_URL/m);
    assert.match(stdout, /^✗ NOTIFY_URL: .* not public: set NOTIFY_ALLOW_PRIVATE=on/m);
  });

  test('given check serve, then no backend is reached: a receiver needs none', async () => {
    const { stdout } = await runUnfriend(['check', 'serve'], {
      ...settings,
      CACHE_URL: 'redis://127.0.0.1:1',
    });
    assert.match(stdout, /^✓ CACHE_URL: set; run npx unfriend check work to reach it$/m);
  });
});
