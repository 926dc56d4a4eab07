import type { Backend } from '../../activities/backends/backend.ts';
import type { Caches } from '../../activities/backends/caches.ts';
import { createFriendGraph, type EmbeddedBackends } from '../../activities/backends/embedded.ts';
import type { Endpoint } from '../../activities/backends/endpoint.ts';
import type { Friendships } from '../../activities/backends/friendships.ts';
import type { Backends } from '../../activities/backends/index.ts';
import type { Messenger } from '../../activities/backends/messenger.ts';
import type { SearchIndex } from '../../activities/backends/search-index.ts';
import type { TencentApi } from '../../activities/backends/tencent/tencent-api.ts';
import { clearCaches } from '../../activities/clear-caches.ts';
import { notifyBackend } from '../../activities/notify-backend.ts';
import { notifyUsers } from '../../activities/notify-users.ts';
import { updateSearchIndex } from '../../activities/update-search-index.ts';
import { sign } from '../callback/signature.ts';
import type { Settings } from '../config/settings.ts';

export type ChosenBackends = {
  backends: Backends;
  /** Null without the secret key of Tencent Chat. */
  friendships: Friendships | null;
  /** The friend graph; undefined if no backend is embedded. */
  embedded: EmbeddedBackends | undefined;
  /** The backends that are not off, by the setting that chooses them. Only `NOTIFY_URL` can choose two. */
  bySetting: Map<string, Backend[]>;
  /**
   * The same by the name of the side effect that uses them, for those who look again and again. Without the endpoint of
   * the app: to look at it is a request that the app sees.
   */
  bySideEffect: Map<string, Backend>;
  close(): Promise<void>;
};

/**
 * The backends that the settings choose. They connect when they are first used. The client of each is loaded only where
 * it is chosen: those of Redis and OpenSearch take more than a tenth of the processor time of a worker's start.
 */
export async function createBackends(settings: Settings): Promise<ChosenBackends> {
  const { cache, search, notify, fence } = settings;
  const tencent = await openTencent(settings);
  const friendships = tencent && (await createFriendships(tencent));
  const graph = createFriendGraph(Date.now());
  const isEmbedded = [cache.url, search.url, notify.users].includes('embedded');
  const backends: Backends = {
    caches: await choose<Caches>(cache.url, graph, async (url) => {
      const { RedisCaches } = await import('../../activities/backends/redis/redis-caches.ts');
      return new RedisCaches(url, cache.keys);
    }),
    cacheKeys: cache.keys,
    searchIndex: await choose<SearchIndex>(search.url, graph, async (url) => {
      const { OpenSearchIndex } = await import('../../activities/backends/open-search/open-search.ts');
      return new OpenSearchIndex({ ...search, url });
    }),
    documentId: search.documentId,
    messenger: notify.users === 'embedded' ? graph : await createMessenger(notify.users, settings, tencent),
    backendWebhook: await createMessenger(notify.backend, settings, tencent),
    endpoint: await createEndpoint(settings),
    fence: friendships && fence ? { friendships, after: fence.after } : null,
  };
  const bySetting = listBySetting(backends);
  return {
    backends,
    friendships,
    embedded: isEmbedded ? graph : undefined,
    bySetting,
    bySideEffect: listBySideEffect(backends),
    async close() {
      await Promise.all([...bySetting.values()].flat().map((backend) => backend.close()));
      await tencent?.close();
    },
  };
}

async function choose<T>(url: string, embedded: T, connect: (url: string) => Promise<T>): Promise<T | null> {
  if (url === 'off') return null;
  return url === 'embedded' ? embedded : connect(url);
}

/** Null without its secret key. All that calls Tencent Chat shares one rate. */
async function openTencent({ tencent, sdkAppId }: Settings): Promise<TencentApi | null> {
  const { secretKey } = tencent;
  if (!sdkAppId || !secretKey) return null;
  const { TencentApi } = await import('../../activities/backends/tencent/tencent-api.ts');
  return new TencentApi({ ...tencent, sdkAppId, secretKey });
}

async function createFriendships(tencent: TencentApi): Promise<Friendships> {
  const { TencentFriendships } = await import('../../activities/backends/tencent/friend-check.ts');
  return new TencentFriendships(tencent);
}

/** Without the secret there is no messenger. Only a process that runs no side effects starts without it. */
async function createMessenger(
  url: string,
  { notify: { secret, allowPrivate } }: Settings,
  tencent: TencentApi | null,
): Promise<Messenger | null> {
  if (url === 'tencent:') {
    if (!tencent) return null;
    const { TencentChat } = await import('../../activities/backends/tencent/tencent-chat.ts');
    return new TencentChat(tencent);
  }
  if (url === 'off' || !secret) return null;
  const { WebhookMessenger } = await import('../../activities/backends/webhook/webhook.ts');
  return new WebhookMessenger({ url, secret, allowPrivate });
}

async function createEndpoint({ relay, sdkAppId, callback }: Settings): Promise<Endpoint | null> {
  if (!relay) return null;
  const { RelayEndpoint } = await import('../../activities/backends/relay/relay-endpoint.ts');
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
  fence,
}: Backends): Map<string, Backend[]> {
  const all = {
    CACHE_URL: [caches],
    SEARCH_URL: [searchIndex],
    NOTIFY_URL: [messenger, backendWebhook],
    RELAY_URL: [endpoint],
    FENCE: [fence?.friendships ?? null],
  };
  return new Map(
    Object.entries(all).map(([setting, backends]) => [
      setting,
      backends.filter((backend) => backend !== null),
    ]),
  );
}

function listBySideEffect({
  caches,
  searchIndex,
  messenger,
  backendWebhook,
}: Backends): Map<string, Backend> {
  const all = {
    [clearCaches.name]: caches,
    [updateSearchIndex.name]: searchIndex,
    [notifyUsers.name]: messenger,
    [notifyBackend.name]: backendWebhook,
  };
  return new Map(
    Object.entries(all).flatMap(([name, backend]) => (backend ? [[name, backend] as const] : [])),
  );
}
