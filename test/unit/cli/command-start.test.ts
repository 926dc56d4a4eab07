import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { emittedModules, loadedWith, type Module } from '../../support/modules.ts';

/** What services run on. It takes longer to load than most commands take. */
const OF_HTTP = ['koa', 'pino', 'prom-client'];
const OF_WORKERS = ['@temporalio/worker', '@temporalio/testing'];
const OF_BACKENDS = ['ioredis', '@opensearch-project/opensearch', 'undici'];
const OF_JOURNAL = ['lmdb', 'fs-native-extensions'];

/** Modules that a command loads when it runs, by the command. */
const ONLY_TEMPORAL = {
  status: 'src/cli/show-status',
  failed: 'src/cli/operate/list-failed',
  'retry and dismiss': 'src/cli/operate/act-on-deliveries',
  redo: 'src/cli/redo/run-redo',
  setup: 'src/cli/set-up-namespace',
};

let emitted: Module[];
before(() => {
  emitted = emittedModules('workflows', 'activities', 'src');
});

async function packagesOf(path: string): Promise<string[]> {
  assert.ok(
    emitted.some((module) => module.path === path),
    path,
  );
  const loaded = await loadedWith(path, emitted);
  return [...loaded].filter((name) => !/^(node:|src\/|workflows\/|activities\/)/.test(name)).toSorted();
}

describe('the command line', () => {
  test('loads no package for --help and wrong usage but the parser of the command line and of durations', async () => {
    assert.deepEqual(await packagesOf('src/cli/bin'), ['@commander-js/extra-typings', 'ms']);
  });

  for (const [command, path] of Object.entries(ONLY_TEMPORAL)) {
    test(`loads Temporal's client for ${command}, and nothing of services, activities or the journal`, async () => {
      const loaded = await packagesOf(path);
      assert.ok(loaded.includes('@temporalio/client'));
      const others = [...OF_HTTP, ...OF_WORKERS, ...OF_BACKENDS, '@temporalio/activity', ...OF_JOURNAL];
      assert.deepEqual(
        others.filter((name) => loaded.includes(name)),
        [],
      );
    });
  }

  test('loads no progress bar for status without --watch', async () => {
    assert.ok(!(await packagesOf('src/cli/show-status')).includes('cli-progress'));
  });

  for (const path of ['src/cli/send-callbacks', 'src/cli/journal/list-journal', 'src/cli/journal/requeue']) {
    test(`loads no Temporal client for ${path}, which asks Temporal nothing`, async () => {
      assert.ok(!(await packagesOf(path)).includes('@temporalio/client'));
    });
  }

  test('these rules find what is loaded by way of others', async () => {
    const loaded = await packagesOf('src/cli/run-service');
    assert.deepEqual(
      [...OF_HTTP, 'lmdb', '@temporalio/activity'].filter((name) => !loaded.includes(name)),
      [],
    );
  });
});

describe('a receiver alone', () => {
  test('loads no worker, and no client of backends or of a relay endpoint: it is back the sooner after a restart', async () => {
    const loaded = await packagesOf('src/cli/run-service');
    const others = [...OF_WORKERS, ...OF_BACKENDS];
    assert.deepEqual(
      others.filter((name) => loaded.includes(name)),
      [],
    );
  });
});
