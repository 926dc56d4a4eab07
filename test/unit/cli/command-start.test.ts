import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { emittedModules, loadedWith, type Module } from '../../support/modules.ts';

/** What services run on. It takes longer to load than most commands take. */
const OF_SERVICES = ['@temporalio/worker', '@temporalio/testing', 'koa', 'pino', 'prom-client'];
const OF_BACKENDS = ['ioredis', '@opensearch-project/opensearch', 'undici'];

let emitted: Module[];
before(() => {
  emitted = emittedModules('workflows', 'activities', 'src');
});

describe('the command line', () => {
  test('loads what services run on only for a service, so that every other command answers soon', async () => {
    const loaded = await loadedWith('src/cli/program', emitted);
    assert.ok(loaded.has('@temporalio/client'));
    assert.deepEqual(
      [...OF_SERVICES, ...OF_BACKENDS].filter((name) => loaded.has(name)),
      [],
    );
  });

  test('this rule finds what is loaded by way of others', async () => {
    const loaded = await loadedWith('src/service/service', emitted);
    assert.deepEqual(
      OF_SERVICES.filter((name) => !loaded.has(name)),
      [],
    );
  });
});
