import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BackendError } from '../../../activities/backends/backend.ts';
import { RedisCaches } from '../../../activities/backends/redis/redis-caches.ts';
import { clearCaches } from '../../../activities/clear-caches.ts';
import { selfSigned } from '../../support/inputs/certificates.ts';
import { deliveryOf, pairsOf } from '../../support/inputs/deliveries.ts';
import { describeOutcomes, runnerOf } from '../../support/run-side-effect.ts';
import { startRedisCluster, TestRedis, untilClusterIs } from '../../support/servers/redis.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

const KEYS = ['friends:{From_Account}'];
const NEVER = new AbortController().signal;
/** What an activity may lose on a cache that does not answer, with room for a busy machine. */
const SOON_MS = 8_000;

/** UserIDs of printable ASCII that a pattern, a hash tag or a separator could be read into. */
const ODD_ACCOUNTS = [
  'a b',
  '{a}',
  '{a}{b}',
  '{}',
  '}{',
  'a:b',
  '*',
  '?',
  '[a-z]',
  '"',
  "'",
  '\\',
  '%2A',
  '$0',
  ' ',
];

const opened: { stop(): Promise<void> }[] = [];
after(async () => {
  for (const { stop } of opened.reverse()) await stop();
});

function open(url: string, cacheKeys = KEYS): RedisCaches {
  const caches = new RedisCaches(url, cacheKeys);
  opened.push({ stop: () => caches.close() });
  return caches;
}

async function startRedis(...options: Parameters<typeof TestRedis.start>): Promise<TestRedis> {
  const server = await TestRedis.start(...options);
  opened.push({ stop: () => server.stop() });
  return server;
}

/** `cleared`, `absent`, or the failure's type and message, counted. */
async function outcomesOf(clearing: Promise<(boolean | BackendError)[]>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const results = await clearing.catch((error) => [error]);
  for (const result of results) {
    const name = typeof result === 'boolean' ? (result ? 'cleared' : 'absent') : describeError(result);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function describeError(error: unknown): string {
  assert.ok(error instanceof BackendError, String(error));
  return `${error.type}: ${error.message}`;
}

async function faultsOf(caches: RedisCaches): Promise<string> {
  const findings = await caches.check();
  assert.ok(
    findings.every(({ state }) => state === 'fault'),
    JSON.stringify(findings),
  );
  return findings.map(({ message }) => message).join('\n');
}

describe('clearCaches on one Redis', () => {
  test('given odd UserIDs, when their keys are cleared, then exactly those are', async () => {
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

  test('given a key that is gone, when it is cleared again, then that is no failure', async () => {
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

  test('given a read-only replica, then that may pass', async () => {
    const server = await startRedis({ args: ['--replicaof', '127.0.0.1', '1'] });
    const replica = `ServerError: UNLINK at 127.0.0.1:${server.port}: READONLY, it is a read-only replica`;
    assert.deepEqual(await outcomesOf(open(server.url).clear(['a'], NEVER)), { [replica]: 1 });
  });
});

/** The words of a failure that are not the same each time a server dies: lost first, then refused. */
async function lastWords(caches: RedisCaches): Promise<Record<string, true>> {
  const [outcome = ''] = Object.keys(await outcomesOf(caches.clear(['a'], NEVER)));
  return { [outcome.split(' ').pop() ?? '']: true };
}

describe('clearCaches and what Redis allows', () => {
  const args = [
    ...['--user', 'default', 'on', '>s3cr3t', '~*', '&*', '+@all'],
    ...['--user', 'cleaner', 'on', '>p@ss:w/rd', '~friends:*', '+unlink'],
    ...['--user', 'reader', 'on', '>s3cr3t', '~*', '+get'],
  ];
  const start = () => startRedis({ args, client: { password: 's3cr3t' } });
  const as = (credentials: string, { port }: TestRedis) => `redis://${credentials}@127.0.0.1:${port}`;

  test('given a password, or a user who may do nothing but UNLINK, then both are enough', async () => {
    const server = await start();
    await server.use((client) => client.mset('friends:a', 1, 'friends:b', 1));
    assert.deepEqual(await open(as(':s3cr3t', server)).clear(['friends:a'], NEVER), [true]);
    const cleaner = open(as('cleaner:p%40ss%3Aw%2Frd', server));
    assert.deepEqual(await cleaner.clear(['friends:b'], NEVER), [true]);
    assert.deepEqual(await cleaner.check(), [
      { state: 'ok', message: `127.0.0.1:${server.port}: reachable, UNLINK allowed` },
    ]);
  });

  test('given a key outside of what the user may touch, then that key alone fails, and the check finds it', async () => {
    const server = await start();
    const caches = open(as('cleaner:p%40ss%3Aw%2Frd', server), [
      'friends:{From_Account}',
      'seen:{To_Account}',
    ]);
    const words = `UNLINK at 127.0.0.1:${server.port}: NOPERM, its ACL does not allow that, or not on these keys`;
    assert.deepEqual(await outcomesOf(caches.clear(['friends:a', 'seen:a'], NEVER)), {
      absent: 1,
      [`Unauthorized: ${words}`]: 1,
    });
    assert.match(await faultsOf(caches), /NOPERM.*; check user and password in CACHE_URL, and that its ACL/);
  });

  for (const [what, credentials, words] of [
    ['no password', '', /^Unauthorized: UNLINK at .*: NOAUTH, it wants a password$/],
    [
      'a wrong password',
      ':wr0ng@',
      /^Unauthorized: connecting to .*: WRONGPASS, it refused user or password$/,
    ],
    ['a user without the right', 'reader:s3cr3t@', /^Unauthorized: UNLINK at .*: NOPERM, /],
  ] as const) {
    test(`given ${what}, then no retry helps, and nothing repeats the secret`, async () => {
      const server = await start();
      const caches = open(`redis://${credentials}127.0.0.1:${server.port}`);
      for (let attempt = 0; attempt < 2; attempt++) {
        const [outcome = '', ...more] = Object.keys(await outcomesOf(caches.clear(['friends:a'], NEVER)));
        assert.match(outcome, words);
        assert.deepEqual(more, []);
        assert.doesNotMatch(outcome, /s3cr3t|wr0ng|friends:a/);
      }
      assert.doesNotMatch(await faultsOf(caches), /s3cr3t|wr0ng/);
    });
  }

  test('given a wrong password and a default user without one, then nothing is cleared as that user', async () => {
    const server = await startRedis({ args: ['--user', 'cleaner', 'on', '>s3cr3t', '~*', '+unlink'] });
    await server.use((client) => client.set('a', 1));
    await assert.rejects(open(as('cleaner:wr0ng', server)).clear(['a'], NEVER), /WRONGPASS/);
    assert.equal(await server.use((client) => client.get('a')), '1');
  });
});

describe('clearCaches over TLS', () => {
  test('given a certificate of the operator’s own, then it is checked, and NODE_EXTRA_CA_CERTS makes it known', async () => {
    const folder = temporaryFolder();
    opened.push({ stop: async () => folder.remove() });
    const tls = selfSigned(folder.path);
    const server = await startRedis({ tls });
    const url = `rediss://localhost:${server.port}`;
    const unknown = `Unreachable: connecting to localhost:${server.port}: DEPTH_ZERO_SELF_SIGNED_CERT`;
    assert.deepEqual(await outcomesOf(open(url).clear(['a'], NEVER)), { [unknown]: 1 });
    assert.match(await faultsOf(open(url)), /NODE_EXTRA_CA_CERTS/);
    assert.deepEqual(await clearInChild(url, { NODE_EXTRA_CA_CERTS: tls.certFile }), [false]);
  });

  test('given a server without TLS, when rediss:// is asked for, then that fails soon', async () => {
    const server = await startRedis();
    const startedAt = performance.now();
    const [outcome] = Object.keys(
      await outcomesOf(open(`rediss://127.0.0.1:${server.port}`).clear(['a'], NEVER)),
    );
    assert.match(outcome ?? '', /^Unreachable: connecting to /);
    assert.ok(performance.now() - startedAt < SOON_MS);
  });
});

/** Node.js reads NODE_EXTRA_CA_CERTS when it starts. */
async function clearInChild(url: string, env: Record<string, string>): Promise<unknown> {
  const script = fileURLToPath(new URL('../../support/doubles/clear-a-key.ts', import.meta.url));
  const args = ['--import', 'tsx', script, url];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
  return JSON.parse(stdout);
}

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

  test('given a user who may UNLINK and see the slots, then that is enough', async () => {
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

  test('given a node that is killed, then its keys alone fail, and succeed once it is back', async () => {
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

  test('given all nodes killed and started again, then the same client goes on', async () => {
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
