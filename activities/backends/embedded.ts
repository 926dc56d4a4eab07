import type { Finding } from './backend.ts';
import type { Caches } from './caches.ts';
import type { FriendDeletedMessage, Messenger } from './messenger.ts';
import type { DeleteOutcome, DocumentRange, SearchIndex } from './search-index.ts';

/** What the embedded friend graph knows about one account. */
export type AccountView = {
  account: string;
  /** The cached friend list. null: not cached. */
  cachedFriends: string[] | null;
  /** The friends that a search for the account finds. */
  searchableFriends: string[];
  inbox: FriendDeletedMessage[];
};

/** The defaults of `CACHE_KEYS` and `SEARCH_DOCUMENT_ID`. */
const cacheKey = (account: string) => `friends:${account}`;
const documentId = (from: string, to: string) => `${from}:${to}`;

/** These bound the memory of a long trial. The oldest entries are dropped. */
const MAX_INBOXES = 10_000;
const MAX_INBOX = 100;

/**
 * Stands in for the app's cache, search index and devices, for people who try Unfriend out: a small made-up friend
 * graph, which the side effects really change. It is lost with the process, and refused in production.
 */
export class EmbeddedBackends implements Caches, SearchIndex, Messenger {
  readonly #cache = new Map<string, Set<string>>();
  /** By document id. `indexedAt` in ms since the epoch. */
  readonly #documents = new Map<string, { from: string; to: string; indexedAt: number }>();
  readonly #inboxes = new Map<string, Map<string, FriendDeletedMessage>>();

  /** Makes two accounts friends of each other. `at`: in ms since the epoch. */
  befriend(one: string, other: string, at: number): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      this.#cache.set(cacheKey(from), (this.#cache.get(cacheKey(from)) ?? new Set()).add(to));
      this.#documents.set(documentId(from, to), { from, to, indexedAt: at });
    }
  }

  view(account: string): AccountView {
    const cached = this.#cache.get(cacheKey(account));
    return {
      account,
      cachedFriends: cached ? [...cached] : null,
      searchableFriends: [...this.#documents.values()]
        .filter(({ from }) => from === account)
        .map(({ to }) => to),
      inbox: [...(this.#inboxes.get(account)?.values() ?? [])],
    };
  }

  async clear(keys: string[]): Promise<boolean[]> {
    return keys.map((key) => this.#cache.delete(key));
  }

  async deleteDocuments(ids: string[], before: number): Promise<DeleteOutcome[]> {
    return ids.map((id) => {
      const document = this.#documents.get(id);
      if (!document) return 'absent';
      if (document.indexedAt > before) return 'newer';
      this.#documents.delete(id);
      return 'deleted';
    });
  }

  async measure(): Promise<{ documents: number; newest: number }> {
    const documents = this.#documents.size;
    return { documents, newest: documents - 1 };
  }

  /** Numbers the documents as they lie there now: enough for a look at a graph this small, in one request. */
  async listIds({ after, until }: DocumentRange): Promise<{ ids: string[]; upTo: number }> {
    return { ids: [...this.#documents.keys()].slice(after + 1, until + 1), upTo: until };
  }

  async send(message: FriendDeletedMessage, key: string): Promise<'sent' | 'repeated'> {
    const { recipient } = message.data;
    const inbox = this.#inboxes.get(recipient) ?? new Map<string, FriendDeletedMessage>();
    this.#inboxes.set(recipient, inbox);
    if (inbox.has(key)) return 'repeated';
    inbox.set(key, message);
    dropOldest(inbox, MAX_INBOX);
    dropOldest(this.#inboxes, MAX_INBOXES);
    return 'sent';
  }

  async check(): Promise<Finding[]> {
    return [{ state: 'warning', message: 'the embedded stand-in: nothing outside this process changes' }];
  }

  async close(): Promise<void> {}
}

function dropOldest(map: Map<string, unknown>, limit: number): void {
  const [oldest] = map.keys();
  if (map.size > limit && oldest !== undefined) map.delete(oldest);
}

/** A graph with a few friendships: between accounts of the vendor's samples, and three made-up accounts. */
export function createFriendGraph(now: number): EmbeddedBackends {
  const backends = new EmbeddedBackends();
  for (const [one, other] of [
    ['id', 'id1'],
    ['id', 'id2'],
    ['id', 'id3'],
    ['211172', '425214'],
    ['alice', 'bob'],
    ['alice', 'carol'],
  ] as const) {
    backends.befriend(one, other, now);
  }
  return backends;
}
