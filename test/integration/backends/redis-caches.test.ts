import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { RedisCaches } from '../../../activities/backends/redis/redis-caches.ts';
import { clearCaches } from '../../../activities/clear-caches.ts';
import { deliveryOf, pairsOf } from '../../support/inputs/deliveries.ts';
import { describeOutcomes, runnerOf } from '../../support/run-side-effect.ts';
import {
  faultsOf,
  KEYS,
  NEVER,
  ODD_ACCOUNTS,
  outcomesOf,
  redisStage,
  SOON_MS,
} from '../../support/stages/redis-stage.ts';
import { until } from '../../support/until.ts';

const { open, startRedis } = redisStage();

/** The words of a failure that are not the same each time a server dies: lost first, then refused. */
async function lastWords(caches: RedisCaches): Promise<Record<string, true>> {
  const [outcome = ''] = Object.keys(await outcomesOf(caches.clear(['a'], NEVER)));
  return { [outcome.split(' ').pop() ?? '']: true };
}

describe('clearCaches on one Redis', () => {
  test('given UserIDs with special characters, when their keys are cleared, then no other key is cleared', async () => {
    const server = await startRedis();
    const others = ['a', 'b', 'ab', 'x', 'a:b:c', '{a}:b', 'friends'].map((name) => `friends:${name}`);
    const odd = ODD_ACCOUNTS.map((name) => `friends:${name}`);
    await server.use((client) => client.mset([...others, ...odd].flatMap((key) => [key, '1'])));
    const run = runnerOf(clearCaches, { caches: open(server.url), cacheKeys: KEYS });
    const pairs = pairsOf(...ODD_ACCOUNTS.map((name) => [name, 'bob'] as [string, string]));
    const outcomes = describeOutcomes(await run({ delivery: deliveryOf(pairs).delivery, pairs }));
    assert.deepEqual(
      outcomes,
      ODD_ACCOUNTS.map(() => 'done cleared'),
    );
    assert.deepEqual((await server.use((client) => client.keys('*'))).sort(), others.sort());
  });

  test('given a key that is already gone, when it is cleared again, then that is not a failure', async () => {
    const server = await startRedis();
    await server.use((client) => client.set('a', 1));
    const caches = open(server.url);
    assert.deepEqual(await caches.clear(['a', 'b'], NEVER), [true, false]);
    assert.deepEqual(await caches.clear(['a', 'b'], NEVER), [false, false]);
  });

  test('given a database number, then keys of other databases stay', async () => {
    const server = await startRedis();
    await server.use((client) => client.set('a', 1));
    assert.deepEqual(await open(`${server.url}/3`).clear(['a'], NEVER), [false]);
    assert.deepEqual(await open(`${server.url}/0`).clear(['a'], NEVER), [true]);
  });

  test('given a database number that the server does not have, then nothing is cleared in database 0', async () => {
    const server = await startRedis();
    await server.use((client) => client.set('a', 1));
    const caches = open(`${server.url}/99`);
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(caches.clear(['a'], NEVER), /connecting to .*: it has no database of that number/);
    }
    assert.equal(await server.use((client) => client.get('a')), '1');
    assert.match(await faultsOf(caches), /no database of that number; check CACHE_URL/);
  });

  test('given a server that is killed and started again, then each try fails soon, and the next one succeeds', async () => {
    const server = await startRedis();
    const caches = open(server.url);
    assert.deepEqual(await caches.clear(['a'], NEVER), [false]);
    await server.kill();
    const refused = { [`Unreachable: connecting to 127.0.0.1:${server.port}: ECONNREFUSED`]: 1 };
    await until('the loss to be noticed', async () => 'ECONNREFUSED' in (await lastWords(caches)));
    const startedAt = performance.now();
    assert.deepEqual(await outcomesOf(caches.clear(['a'], NEVER)), refused);
    assert.ok(performance.now() - startedAt < SOON_MS);
    await server.start();
    await server.use((client) => client.set('a', 1));
    assert.deepEqual(await caches.clear(['a'], NEVER), [true]);
  });

  test('given a server that stops answering, then a try fails within seconds, and the connection is replaced', async () => {
    const server = await startRedis();
    const caches = open(server.url);
    await caches.clear(['a'], NEVER);
    server.signal('SIGSTOP');
    const startedAt = performance.now();
    const silent = `Unreachable: UNLINK at 127.0.0.1:${server.port}: no answer in time`;
    assert.deepEqual(await outcomesOf(caches.clear(['a', 'b'], NEVER)), { [silent]: 2 });
    assert.ok(performance.now() - startedAt < SOON_MS);
    server.signal('SIGCONT');
    await until('an answer', async () => (await outcomesOf(caches.clear(['a', 'b'], NEVER))).absent === 2);
  });

  test('given a cancelled activity, when the server does not answer, then the call ends with the reason before it gives up', async () => {
    const server = await startRedis();
    const caches = open(server.url);
    await caches.clear(['a'], NEVER);
    server.signal('SIGSTOP');
    const ended: string[] = [];
    const patient = caches.clear(['a'], NEVER).then(() => ended.push('given up'));
    const cancelled = new AbortController();
    const clearing = caches.clear(['a'], cancelled.signal).catch((error) => ended.push(String(error)));
    await turn();
    cancelled.abort(new Error('cancelled'));
    await Promise.all([patient, clearing]);
    assert.deepEqual(ended, ['Error: cancelled', 'given up']);
    server.signal('SIGCONT');
  });

  test('given a read-only replica, then the failure is retryable', async () => {
    const server = await startRedis({ args: ['--replicaof', '127.0.0.1', '1'] });
    const replica = `ServerError: UNLINK at 127.0.0.1:${server.port}: READONLY, it is a read-only replica`;
    assert.deepEqual(await outcomesOf(open(server.url).clear(['a'], NEVER)), { [replica]: 1 });
  });
});
