import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BackendError } from '../../../activities/backends/backend.ts';
import { startRedisCluster, type TestRedis, untilClusterIs } from '../../support/servers/redis.ts';
import {
  faultsOf,
  NEVER,
  ODD_ACCOUNTS,
  outcomesOf,
  redisStage,
  SOON_MS,
} from '../../support/stages/redis-stage.ts';
import { until } from '../../support/until.ts';

const { open, opened } = redisStage();

describe('clearCaches on a Redis Cluster', () => {
  const keys = Array.from({ length: 150 }, (_, index) => `friends:${index}`);
  const urlOf = (nodes: TestRedis[]) => `redis://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
  const start = async () => {
    const nodes = await startRedisCluster();
    opened.push(...nodes.map((node) => ({ stop: () => node.stop() })));
    return nodes as [TestRedis, TestRedis, TestRedis];
  };
  /** Sets keys wherever they belong. */
  const fill = async (nodes: TestRedis[], all: string[]) => {
    for (const node of nodes) {
      await node.use((client) => Promise.allSettled(all.map((key) => client.set(key, '1'))));
    }
  };

  test('given keys of all nodes, odd UserIDs among them, then each is cleared where it is', async () => {
    const nodes = await start();
    const all = [...keys, ...ODD_ACCOUNTS.map((name) => `friends:${name}`)];
    await fill(nodes, all);
    const caches = open(urlOf(nodes));
    assert.deepEqual(await outcomesOf(caches.clear(all, NEVER)), { cleared: all.length });
    assert.deepEqual(await outcomesOf(caches.clear(all, NEVER)), { absent: all.length });
    assert.deepEqual(
      (await caches.check()).map(({ state }) => state),
      ['ok'],
    );
  });

  test('given one host of a cluster alone, then the failure says so; the same host twice is enough', async () => {
    const [first] = await start();
    const alone = open(first.url);
    const words = `UNLINK at 127.0.0.1:${first.port}: MOVED, it is a node of a cluster, and CACHE_URL names no other`;
    assert.ok(`Rejected: ${words}` in (await outcomesOf(alone.clear(keys, NEVER))));
    assert.match(await faultsOf(alone), /for a cluster, name several of its hosts, comma-separated/);
    const twice = open(urlOf([first, first]));
    assert.deepEqual(await outcomesOf(twice.clear(keys, NEVER)), { absent: keys.length });
  });

  test('given a user with the rights UNLINK and CLUSTER SLOTS only, then keys are cleared', async () => {
    const nodes = await start();
    const rights = ['on', '>s3cr3t', '~friends:*', '+unlink', '+cluster|slots'];
    for (const node of nodes) await node.use((client) => client.acl('SETUSER', 'cleaner', ...rights));
    const caches = open(urlOf(nodes).replace('//', '//cleaner:s3cr3t@'));
    assert.deepEqual(await outcomesOf(caches.clear(keys, NEVER)), { absent: keys.length });
    assert.deepEqual(
      (await caches.check()).map(({ state }) => state),
      ['ok'],
    );
  });

  test('given a node that is killed, then only its keys fail, and they succeed once it is back', async () => {
    const nodes = await start();
    await fill(nodes, keys);
    const caches = open(urlOf(nodes));
    await caches.clear(['friends:x'], NEVER);
    await nodes[1].kill();
    const startedAt = performance.now();
    const results = await caches.clear(keys, NEVER);
    assert.ok(performance.now() - startedAt < SOON_MS);
    const failed = results.filter((result) => result instanceof BackendError);
    assert.ok(failed.length > 20 && failed.length < 80, `${failed.length} failed`);
    assert.ok(failed.every(({ retryable }) => retryable));
    assert.equal(results.filter((result) => result === true).length, keys.length - failed.length);
    assert.match(await faultsOf(caches), /cannot be reached|CLUSTERDOWN/);
    await nodes[1].start();
    await untilClusterIs('ok', nodes[1]);
    await until('all nodes to answer', async () => {
      const again = await caches.clear(keys, NEVER);
      return again.every((result) => result === false);
    });
  });

  test('given all nodes killed and started again, then the same client clears keys again', async () => {
    const nodes = await start();
    const caches = open(urlOf(nodes));
    await caches.clear(keys, NEVER);
    for (const node of nodes) await node.kill();
    for (let attempt = 0; attempt < 2; attempt++) {
      const outcomes = Object.keys(await outcomesOf(caches.clear(keys, NEVER)));
      assert.ok(
        outcomes.every((outcome) => outcome.startsWith('Unreachable: ')),
        outcomes.join(),
      );
    }
    for (const node of nodes) await node.start();
    await until('the cluster to answer', async () => {
      return (await outcomesOf(caches.clear(keys, NEVER))).absent === keys.length;
    });
  });

  test('given a wrong password, then the failure says so', async () => {
    const nodes = await start();
    for (const node of nodes) await node.use((client) => client.config('SET', 'requirepass', 's3cr3t'));
    const url = urlOf(nodes);
    const right = open(url.replace('//', '//:s3cr3t@'));
    assert.deepEqual(await outcomesOf(right.clear(keys, NEVER)), { absent: keys.length });
    const wrong = open(url.replace('//', '//:wr0ng@'));
    await assert.rejects(wrong.clear(keys, NEVER), /WRONGPASS, it refused user or password$/);
    assert.doesNotMatch(await faultsOf(wrong), /wr0ng/);
  });
});
