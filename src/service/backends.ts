import type { Backend } from '../../activities/backends/backend.ts';
import type { Caches } from '../../activities/backends/caches.ts';
import { createFriendGraph, type EmbeddedBackends } from '../../activities/backends/embedded.ts';
import type { Endpoint } from '../../activities/backends/endpoint.ts';
import type { Backends } from '../../activities/backends/index.ts';
import type { Messenger } from '../../activities/backends/messenger.ts';
import { OpenSearchIndex } from '../../activities/backends/open-search/open-search.ts';
import { RedisCaches } from '../../activities/backends/redis/redis-caches.ts';
import { RelayEndpoint } from '../../activities/backends/relay/relay-endpoint.ts';
import type { SearchIndex } from '../../activities/backends/search-index.ts';
import { TencentChat } from '../../activities/backends/tencent/tencent-chat.ts';
import { WebhookMessenger } from '../../activities/backends/webhook/webhook.ts';
import { sign } from '../callback/signature.ts';
import type { Settings } from '../config/settings.ts';

export type ChosenBackends = {
  backends: Backends;
  /** The friend graph; undefined if no backend is embedded. */
  embedded: EmbeddedBackends | undefined;
  /** The backends that are not off, by the setting that chooses them. Only `NOTIFY_URL` can choose two. */
  bySetting: Map<string, Backend[]>;
  close(): Promise<void>;
};

/** The backends that the settings choose. They connect when they are first used. */
export function createBackends(settings: Settings): ChosenBackends {
  const { cache, search, notify } = settings;
  const graph = createFriendGraph(Date.now());
  const isEmbedded = [cache.url, search.url, notify.users].includes('embedded');
  const backends: Backends = {
    caches: choose<Caches>(cache.url, graph, (url) => new RedisCaches(url, cache.keys)),
    cacheKeys: cache.keys,
    searchIndex: choose<SearchIndex>(search.url, graph, (url) => new OpenSearchIndex({ ...search, url })),
    documentId: search.documentId,
    messenger: notify.users === 'embedded' ? graph : createMessenger(notify.users, settings),
    backendWebhook: createMessenger(notify.backend, settings),
    endpoint: createEndpoint(settings),
  };
  const bySetting = listBySetting(backends);
  return {
    backends,
    embedded: isEmbedded ? graph : undefined,
    bySetting,
    async close() {
      await Promise.all([...bySetting.values()].flat().map((backend) => backend.close()));
    },
  };
}

function choose<T>(url: string, embedded: T, connect: (url: string) => T): T | null {
  if (url === 'off') return null;
  return url === 'embedded' ? embedded : connect(url);
}

/** Without the secret there is no messenger. Only a process that runs no side effects starts without it. */
function createMessenger(url: string, { notify, tencent, sdkAppId }: Settings): Messenger | null {
  const { secret, allowPrivate } = notify;
  const { secretKey } = tencent;
  if (url === 'tencent:')
    return sdkAppId && secretKey ? new TencentChat({ ...tencent, sdkAppId, secretKey }) : null;
  return url !== 'off' && secret ? new WebhookMessenger({ url, secret, allowPrivate }) : null;
}

function createEndpoint({ relay, sdkAppId, callback }: Settings): Endpoint | null {
  if (!relay) return null;
  const [token] = callback.tokens;
  return new RelayEndpoint({
    ...relay,
    appQuery: sdkAppId === undefined ? '' : `SdkAppid=${sdkAppId}`,
    sign: () => (token === undefined ? '' : signQuery(token)),
  });
}

/** As the vendor signs a callback that it sends now. */
function signQuery(token: string): string {
  const requestTime = String(Math.floor(Date.now() / 1_000));
  return `Sign=${sign(token, requestTime)}&RequestTime=${requestTime}`;
}

function listBySetting({
  caches,
  searchIndex,
  messenger,
  backendWebhook,
  endpoint,
}: Backends): Map<string, Backend[]> {
  const all = {
    CACHE_URL: [caches],
    SEARCH_URL: [searchIndex],
    NOTIFY_URL: [messenger, backendWebhook],
    RELAY_URL: [endpoint],
  };
  return new Map(
    Object.entries(all).map(([setting, backends]) => [
      setting,
      backends.filter((backend) => backend !== null),
    ]),
  );
}
