import type { Backend } from '../activities/backends/backend.ts';
import { createFriendGraph, type EmbeddedBackends } from '../activities/backends/embedded.ts';
import type { BackendName, Backends } from '../activities/backends/index.ts';
import { OpenSearchIndex } from '../activities/backends/open-search.ts';
import { RedisCaches } from '../activities/backends/redis-caches.ts';
import { TencentChat } from '../activities/backends/tencent-chat.ts';
import { WebhookMessenger } from '../activities/backends/webhook.ts';
import type { Caches } from '../activities/clear-caches.ts';
import { SIDE_EFFECTS } from '../activities/index.ts';
import type { Messenger } from '../activities/notify-users.ts';
import type { SideEffectDefinition } from '../activities/side-effect.ts';
import type { SearchIndex } from '../activities/update-search-index.ts';
import type { DeliveryPlan } from '../workflows/contract.ts';
import type { Settings } from './config.ts';

/** The backends that the settings choose, and the embedded graph where any of them is embedded. */
export function createBackends(settings: Settings): {
  backends: Backends;
  embedded: EmbeddedBackends | undefined;
} {
  const { cache, search, notify } = settings;
  const graph = createFriendGraph(Date.now());
  const isEmbedded = [cache.url, search.url, notify.url].includes('embedded');
  return {
    backends: {
      caches: choose<Caches>(cache.url, graph, (url) => new RedisCaches(url, cache.keys)),
      cacheKeys: cache.keys,
      searchIndex: choose<SearchIndex>(search.url, graph, (url) => new OpenSearchIndex({ ...search, url })),
      documentId: search.documentId,
      messenger: notify.url === 'embedded' ? graph : createMessenger(settings),
    },
    embedded: isEmbedded ? graph : undefined,
  };
}

function choose<T>(url: string, embedded: T, connect: (url: string) => T): T | null {
  if (url === 'off') return null;
  return url === 'embedded' ? embedded : connect(url);
}

/** Only a process that runs no side effects comes here without the secret, and sends nothing. */
function createMessenger({ notify, tencent, sdkAppId }: Settings): Messenger | null {
  const { url, secret, allowPrivate } = notify;
  const { secretKey } = tencent;
  if (url === 'tencent:')
    return sdkAppId && secretKey ? new TencentChat({ ...tencent, sdkAppId, secretKey }) : null;
  return url !== 'off' && secret ? new WebhookMessenger({ url, secret, allowPrivate }) : null;
}

/** Every backend that is not switched off, by the setting that chooses it. */
export function chosenBackends({ caches, searchIndex, messenger }: Backends): [string, Backend][] {
  const bySetting: Record<string, Backend | null> = {
    CACHE_URL: caches,
    SEARCH_URL: searchIndex,
    NOTIFY_URL: messenger,
  };
  return Object.entries(bySetting).flatMap(([setting, backend]) => (backend ? [[setting, backend]] : []));
}

export async function closeBackends(backends: Backends): Promise<void> {
  await Promise.all(chosenBackends(backends).map(([, backend]) => backend.close()));
}

/** What each delivery goes through: every side effect that is not switched off. */
export function createPlan(settings: Settings): DeliveryPlan {
  const off: Record<BackendName, boolean> = {
    caches: settings.cache.url === 'off',
    searchIndex: settings.search.url === 'off',
    messenger: settings.notify.url === 'off',
  };
  const isOn = ({ backend }: SideEffectDefinition) => !(backend && off[backend]);
  return {
    sideEffects: SIDE_EFFECTS.filter(isOn).map(({ name, per }) => ({ name, per })),
    notifyRecipient: settings.notify.recipient,
    retryFor: settings.retryFor,
    attentionFor: settings.attentionFor,
    batch: settings.batch,
  };
}
