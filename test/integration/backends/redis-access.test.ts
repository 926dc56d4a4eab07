import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { childModule } from '../../support/child-module.ts';
import { selfSigned } from '../../support/inputs/certificates.ts';
import type { TestRedis } from '../../support/servers/redis.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';
import { faultsOf, NEVER, outcomesOf, redisStage, SOON_MS } from '../../support/stages/redis-stage.ts';

const { open, opened, startRedis } = redisStage();

describe('clearCaches and what Redis allows', () => {
  const args = [
    ...['--user', 'default', 'on', '>s3cr3t', '~*', '&*', '+@all'],
    ...['--user', 'cleaner', 'on', '>p@ss:w/rd', '~friends:*', '+unlink'],
    ...['--user', 'reader', 'on', '>s3cr3t', '~*', '+get'],
  ];
  const start = () => startRedis({ args, client: { password: 's3cr3t' } });
  const as = (credentials: string, { port }: TestRedis) => `redis://${credentials}@127.0.0.1:${port}`;

  test('given a password, or a user with UNLINK as the only right, then keys are cleared', async () => {
    const server = await start();
    await server.use((client) => client.mset('friends:a', 1, 'friends:b', 1));
    assert.deepEqual(await open(as(':s3cr3t', server)).clear(['friends:a'], NEVER), [true]);
    const cleaner = open(as('cleaner:p%40ss%3Aw%2Frd', server));
    assert.deepEqual(await cleaner.clear(['friends:b'], NEVER), [true]);
    assert.deepEqual(await cleaner.check(), [
      { state: 'ok', message: `127.0.0.1:${server.port}: reachable, UNLINK allowed` },
    ]);
  });

  test('given a key that the user has no right to, then only that key fails, and the check reports it', async () => {
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
  const { file, execArgv } = childModule('../../support/doubles/clear-a-key', import.meta.url);
  const args = [...execArgv, file, url];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...env } });
  return JSON.parse(stdout);
}
