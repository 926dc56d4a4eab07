import type { Caches } from './caches.ts';
import type { Endpoint } from './endpoint.ts';
import type { Fence } from './friendships.ts';
import type { Messenger } from './messenger.ts';
import type { SearchIndex } from './search-index.ts';

/** What the side effects work on. A backend that is switched off is null. */
export type Backends = {
  caches: Caches | null;
  cacheKeys: readonly string[];
  searchIndex: SearchIndex | null;
  documentId: string;
  /** Of `notifyUsers`. */
  messenger: Messenger | null;
  /** Of `notifyBackend`. */
  backendWebhook: Messenger | null;
  /** Of `relayCallback`. */
  endpoint: Endpoint | null;
  /** Null: late tries are done without asking. */
  fence: Fence | null;
};

/** The backends that can be checked and have a connection to close. */
export type BackendName = 'caches' | 'searchIndex' | 'messenger' | 'backendWebhook' | 'endpoint';
