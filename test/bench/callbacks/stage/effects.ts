import { fileURLToPath } from 'node:url';
import type { Pair } from '../../../../workflows/contract.ts';
import type { Cleanup } from '../../../support/cleanup.ts';
import { CACHE_KEYS, StoredFriends } from '../../../support/inputs/stored-friends.ts';
import { SearchApi } from '../../../support/search-api.ts';
import { startTestOpenSearch } from '../../../support/servers/open-search.ts';
import { TestRedis } from '../../../support/servers/redis.ts';
import { startTypeScript } from '../start-type-script.ts';

const SECRET = 'a-secret-of-this-benchmark';
const INDEX = 'friends';
const SINK = fileURLToPath(new URL('sink.ts', import.meta.url));

/** The Redis, OpenSearch and webhook endpoint on which every contender's side effects act. */
export type Effects = {
  /** As Unfriend's settings name them. The programs of the rivals read the same names. */
  env: Record<string, string>;
  openSearchVersion: string;
  ports: number[];
  /** Empties Redis, index and sink, and fills the first two with what these pairs are to lose. */
  fill(pairs: readonly Pair[]): Promise<void>;
  /** What of these pairs was left undone, or done that should not be. */
  faults(pairs: readonly Pair[]): Promise<string[]>;
};

export async function startEffects(cleanup: Cleanup): Promise<Effects> {
  const redis = TestRedis.start();
  cleanup.defer(async () => (await redis).stop());
  const openSearch = startTestOpenSearch();
  cleanup.defer(async () => (await openSearch).stop());
  const [stores, { url: searchUrl }] = [await redis, await openSearch];
  const sinkPort = await startTypeScript(SINK, { env: { NOTIFY_SECRET: SECRET } }, cleanup);
  const sink = `http://127.0.0.1:${sinkPort}`;
  const search = new SearchApi(searchUrl);
  const friends = new StoredFriends({ redis: stores, search, index: INDEX });
  const { version } = await search.ask<{ version: { number: string } }>('GET', '');
  return {
    env: {
      CACHE_URL: stores.url,
      CACHE_KEYS,
      SEARCH_URL: searchUrl,
      SEARCH_INDEX: INDEX,
      NOTIFY_URL: `${sink}/hooks`,
      NOTIFY_SECRET: SECRET,
      NOTIFY_ALLOW_PRIVATE: 'on',
    },
    openSearchVersion: version.number,
    ports: [stores.port, Number(new URL(searchUrl).port), sinkPort],
    async fill(pairs) {
      await friends.fill(pairs);
      await fetch(`${sink}/told`, { method: 'DELETE' });
    },
    async faults(pairs) {
      const told = (await (await fetch(`${sink}/told`)).json()) as { pairs: number; forged: number };
      return [
        ...(await friends.faults()),
        // At least: a message that is sent again is no fault of a queue or of Temporal.
        ...(told.pairs < pairs.length ? [`the sink was told of ${told.pairs} of ${pairs.length} pairs`] : []),
        ...(told.forged > 0 ? [`${told.forged} webhooks were not signed right`] : []),
      ];
    },
  };
}
