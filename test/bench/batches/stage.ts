import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { readSettings, type Settings } from '../../../src/config/settings.ts';
import { createClient } from '../../../src/temporal/connect.ts';
import { createSearchAttributes } from '../../../src/temporal/search-attributes.ts';
import type { Cleanup } from '../../support/cleanup.ts';
import { WebhookSink } from '../../support/doubles/webhook-sink.ts';
import { CACHE_KEYS, StoredFriends } from '../../support/inputs/stored-friends.ts';
import { SearchApi } from '../../support/search-api.ts';
import { startTestOpenSearch } from '../../support/servers/open-search.ts';
import { TestRedis } from '../../support/servers/redis.ts';
import { describeMachine, type Machine, packageVersions, serverVersions } from '../machine.ts';
import { findBenchServers } from '../servers/index.ts';
import { startTemporal } from '../servers/temporal.ts';
import { COMMON_SETTINGS, startUnfriend } from '../start-unfriend.ts';

const SECRET = 'a-secret-of-this-benchmark';
const INDEX = 'friends';
const PACKAGES = ['@temporalio/worker', 'ioredis', '@opensearch-project/opensearch', 'undici'];

/** Everything that side effects need, and a worker that does them. */
export type Stage = {
  client: Client;
  friends: StoredFriends;
  sink: WebhookSink;
  /** The worker's. */
  settings: Settings;
  machine: Machine;
};

export async function startStage(cleanup: Cleanup): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'unfriend-bench-'));
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  const { temporal, redis } = await findBenchServers();
  const { address } = await startTemporal(temporal, { folder, cleanup });
  const stores = await startStores(cleanup);
  const sink = await WebhookSink.start(SECRET);
  cleanup.defer(() => sink.stop());

  const env = {
    ...COMMON_SETTINGS,
    NODE_ENV: 'production',
    TEMPORAL_ADDRESS: address,
    DATA_DIR: folder,
    CACHE_URL: stores.redis.url,
    CACHE_KEYS,
    SEARCH_URL: stores.search.url,
    SEARCH_INDEX: INDEX,
    NOTIFY_URL: sink.url,
    NOTIFY_SECRET: SECRET,
    NOTIFY_ALLOW_PRIVATE: 'on',
  };
  const settings = readSettings(env, 'work');
  const client = createClient(settings.temporal);
  cleanup.defer(() => client.connection.close());
  await createSearchAttributes(client);
  await startUnfriend('work', { settings: env, cleanup });

  const { version } = await stores.search.ask<{ version: { number: string } }>('GET', '');
  const versions = { ...serverVersions({ temporal, redis }), OpenSearch: version.number };
  const machine = describeMachine(folder, { ...versions, ...packageVersions(...PACKAGES) });
  return { client, friends: new StoredFriends({ ...stores, index: INDEX }), sink, settings, machine };
}

async function startStores(cleanup: Cleanup): Promise<{ redis: TestRedis; search: SearchApi }> {
  const redis = TestRedis.start();
  cleanup.defer(async () => (await redis).stop());
  const openSearch = startTestOpenSearch();
  cleanup.defer(async () => (await openSearch).stop());
  return { redis: await redis, search: new SearchApi((await openSearch).url) };
}
