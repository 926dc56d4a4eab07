import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { environmentOf, readCompose, service } from '../../support/inputs/compose.ts';
import { type SearchServer, startTestOpenSearch } from '../../support/servers/open-search.ts';
import { type ProcessSettings, runUnfriend, UnfriendProcess } from '../../support/servers/process.ts';
import { TestRedis } from '../../support/servers/redis.ts';
import { startTestTemporal, type TestTemporal, temporaryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

const TOKEN = 'a-token-for-tests';
const compose = readCompose({ CALLBACK_TOKEN: TOKEN });
const folder = temporaryFolder();
const FRIENDS = ['id1', 'id2', 'id3'];
/** Other tests may use the same server. */
const SEARCH_INDEX = `friends-compose-${process.pid}`;

/** docker-compose.yml, with the programs of this machine: only hosts, ports and paths are others. */
describe('the processes of docker-compose.yml, with its environment', () => {
  let temporal: TestTemporal;
  let redis: TestRedis;
  let openSearch: SearchServer;
  let receiver: UnfriendProcess;
  let worker: UnfriendProcess;

  before(async () => {
    temporal = await startTestTemporal();
    redis = await TestRedis.start({ args: service(compose, 'redis').command?.slice(1) ?? [] });
    await redis.use((client) => client.sadd('friends:id', ...FRIENDS));
    openSearch = await startTestOpenSearch();
    await indexFriends(openSearch.url);
  });
  after(async () => {
    await Promise.all([receiver?.kill(), worker?.kill()]);
    await redis.stop();
    await fetch(`${openSearch.url}/${SEARCH_INDEX}`, { method: 'DELETE' });
    await openSearch.stop();
    await temporal.stop();
    folder.remove();
  });

  /** What the file sets, at the addresses of this test. */
  function settings(name: string): ProcessSettings {
    const here: Record<string, string> = {
      HOST: '127.0.0.1',
      PORT: '0',
      OPS_PORT: '0',
      DATA_DIR: folder.path,
      TEMPORAL_ADDRESS: temporal.settings.connectionOptions.address ?? '',
      CACHE_URL: redis.url,
      SEARCH_URL: openSearch.url,
      SEARCH_INDEX,
    };
    const ofFile = environmentOf(compose, name);
    const rewritten = Object.keys(ofFile).map((key) => [key, here[key] ?? ofFile[key] ?? ''] as const);
    return Object.fromEntries(rewritten);
  }

  function run(name: string): UnfriendProcess {
    return new UnfriendProcess(service(compose, name).command ?? [], settings(name));
  }

  test('the job search-attributes ends with 0, also a second time', async () => {
    for (const _ of [1, 2]) {
      const { code, stderr } = await runUnfriend(
        service(compose, 'search-attributes').command ?? [],
        settings('search-attributes'),
      );
      assert.equal(code, 0, stderr);
    }
  });

  test('receiver and worker get healthy by the health checks of the file', async () => {
    receiver = run('receiver');
    worker = run('worker');
    for (const [name, running] of [
      ['receiver', receiver],
      ['worker', worker],
    ] as const) {
      const { port } = new URL(await opsOf(running));
      await until(`${name} to be healthy`, () => healthCheck(name, port) === 0);
    }
    assert.equal(healthCheck('receiver', '1'), 1);
  });

  test('a callback is acknowledged, every side effect happens, and the workflow is done', async () => {
    const { url } = await receiver.log('taking callbacks');
    const sent = await runUnfriend(['send', '--url', String(url), '--json'], {
      ...settings('receiver'),
      CALLBACK_TOKEN: TOKEN,
    });
    assert.equal(sent.code, 0, sent.stdout);
    const [deliveryId = ''] = (JSON.parse(sent.stdout) as { deliveryIds: string[] }).deliveryIds;

    const report = await until(`${deliveryId} to be done`, async () => {
      const { stdout } = await runUnfriend(['status', deliveryId, '--json'], settings('receiver'));
      const status = stdout && (JSON.parse(stdout) as Report);
      return status !== '' && status.workflow.execution === 'COMPLETED' && status;
    });
    assert.equal(report.status, 'Done');
    assert.deepEqual(Object.keys(report.sideEffects), ['clearCaches', 'updateSearchIndex', 'notifyUsers']);
    assert.equal(await redis.use((client) => client.exists('friends:id')), 0);
    assert.equal(await countFriends(openSearch.url), 0);
    const inbox = await fetch(`${await opsOf(worker)}/embedded/id`).then((response) => response.json());
    assert.equal((inbox as { inbox: unknown[] }).inbox.length, 1);
  });

  test('a callback without the token is refused', async () => {
    const { url } = await receiver.log('taking callbacks');
    const { code } = await runUnfriend(['send', '--url', String(url)], {
      ...settings('receiver'),
      CALLBACK_TOKEN: '',
    });
    assert.equal(code, 1);
  });

  test('both end with 0 at SIGTERM, well within what the file gives them', async () => {
    const startedAt = performance.now();
    for (const running of [receiver, worker]) running.child.kill('SIGTERM');
    assert.deepEqual(await Promise.all([receiver.exit(), worker.exit()]), [0, 0]);
    assert.ok(performance.now() - startedAt < 20_000);
  });
});

type Report = { status: string; sideEffects: object; workflow: { execution: string } };

async function opsOf(running: UnfriendProcess): Promise<string> {
  return String((await running.log('health, readiness and metrics')).url);
}

/** The check as the file has it, in a process of its own; 0: healthy. */
function healthCheck(name: string, port: string): number | null {
  const [, program = '', script = '', ...args] = service(compose, name).healthcheck.test ?? [];
  const path = script.replace('/app/', `${PACKAGE_ROOT}/`);
  return spawnSync(program, [path, ...args], { env: { PATH: process.env.PATH, OPS_PORT: port } }).status;
}

/** The job search-index, twice, and the sample's friendships as an app would index them. */
async function indexFriends(url: string): Promise<void> {
  const MAPPING = join(PACKAGE_ROOT, 'deploy', 'opensearch', 'friends.json');
  for (const _ of [1, 2]) {
    const script = join(PACKAGE_ROOT, 'deploy', 'opensearch', 'create-index.sh');
    execFileSync('bash', [script], {
      env: { PATH: process.env.PATH, SEARCH_URL: url, SEARCH_INDEX, MAPPING },
    });
  }
  const befriendedAt = Date.now() - 60_000;
  for (const to of FRIENDS) {
    const address = `${url}/${SEARCH_INDEX}/_doc/id:${to}?refresh=true&version_type=external_gte&version=${befriendedAt}`;
    const body = JSON.stringify({ from: 'id', to, befriendedAt });
    const headers = { 'content-type': 'application/json' };
    assert.ok((await fetch(address, { method: 'PUT', headers, body })).ok);
  }
  assert.equal(await countFriends(url), FRIENDS.length);
}

async function countFriends(url: string): Promise<number> {
  await fetch(`${url}/${SEARCH_INDEX}/_refresh`, { method: 'POST' });
  const response = await fetch(`${url}/${SEARCH_INDEX}/_count?q=from:id`);
  return ((await response.json()) as { count: number }).count;
}
