import type { Pair } from '../../../workflows/contract.ts';
import type { SearchApi } from '../search-api.ts';
import type { TestRedis } from '../servers/redis.ts';

type Stores = { redis: TestRedis; search: SearchApi; index: string };

/** As `CACHE_KEYS`: the account's list, and one key a friendship. */
export const CACHE_KEYS = 'friends:{From_Account},friend:{From_Account}:{To_Account}';

export type Left = { keys: ReadonlySet<string>; documents: ReadonlySet<string> };

const BYSTANDERS = Array.from({ length: 200 }, (_, number) => `bystander-${number}`);
const AT_ONCE = 1_000;

/** What the app holds about friendships, in a real Redis and a real OpenSearch, beside what concerns others. */
export class StoredFriends {
  readonly #stores: Stores;

  constructor(stores: Stores) {
    this.#stores = stores;
  }

  /** Empties both stores, and fills them with these friendships as of now, and with those of bystanders. */
  async fill(pairs: readonly Pair[]): Promise<void> {
    const { redis, search, index } = this.#stores;
    await redis.use(async (client) => {
      await client.flushall();
      for (const keys of chunks([...keysOf(pairs), ...BYSTANDERS])) {
        await client.mset(...keys.flatMap((key) => [key, '1']));
      }
    });
    await search.ask('DELETE', index);
    await search.createIndex(index);
    for (const ids of chunks([...documentsOf(pairs), ...BYSTANDERS])) {
      await search.indexAll(index, ids, Date.now());
    }
  }

  /** Adds more friendships to what is there. */
  async add(pairs: readonly Pair[]): Promise<void> {
    const { redis, search, index } = this.#stores;
    await redis.use((client) => client.mset(...keysOf(pairs).flatMap((key) => [key, '1'])));
    await search.indexAll(index, documentsOf(pairs), Date.now());
  }

  /** Which keys and documents of these friendships are still there. */
  async left(pairs: readonly Pair[]): Promise<Left> {
    const { redis, search, index } = this.#stores;
    const keys = new Set<string>();
    await redis.use(async (client) => {
      for (const chunk of chunks(keysOf(pairs))) {
        const values = await client.mget(...chunk);
        for (const [at, key] of chunk.entries()) if (values[at] !== null) keys.add(key);
      }
    });
    const documents = new Set<string>();
    for (const chunk of chunks(documentsOf(pairs)))
      for (const id of await search.present(index, chunk)) documents.add(id);
    return { keys, documents };
  }

  /** Keys and documents of others, which nothing may take. */
  async bystandersGone(): Promise<string[]> {
    const { redis, search, index } = this.#stores;
    const values = await redis.use((client) => client.mget(...BYSTANDERS));
    const documents = new Set(await search.present(index, BYSTANDERS));
    return BYSTANDERS.flatMap((name, at) => [
      ...(values[at] === null ? [`key ${name}`] : []),
      ...(documents.has(name) ? [] : [`document ${name}`]),
    ]);
  }

  keysLeft(): Promise<number> {
    return this.#stores.redis.use((client) => client.dbsize().then((size) => size - BYSTANDERS.length));
  }

  async documentsLeft(): Promise<number> {
    const { search, index } = this.#stores;
    return (await search.allIds(index)).length - BYSTANDERS.length;
  }

  /** What is there and should not be, and what is missing, once every friendship ended. */
  async faults(): Promise<string[]> {
    const { redis, search, index } = this.#stores;
    const keys = await redis.use((client) => client.keys('*'));
    const ids = await search.allIds(index);
    return [...compare('key', keys), ...compare('document', ids)];
  }
}

export function keysOf(pairs: readonly Pair[]): string[] {
  return [...new Set(pairs.flatMap(({ from, to }) => [`friends:${from}`, `friend:${from}:${to}`]))];
}

export function documentsOf(pairs: readonly Pair[]): string[] {
  return pairs.map(({ from, to }) => `${from}:${to}`);
}

function compare(what: string, found: readonly string[]): string[] {
  const [expected, actual] = [new Set(BYSTANDERS), new Set(found)];
  const left = found.filter((name) => !expected.has(name)).length;
  const lost = BYSTANDERS.filter((name) => !actual.has(name)).length;
  return [
    ...(left > 0 ? [`${left} ${what}s are left`] : []),
    ...(lost > 0 ? [`${lost} ${what}s of others are gone`] : []),
  ];
}

function* chunks<T>(items: readonly T[]): Generator<T[]> {
  for (let from = 0; from < items.length; from += AT_ONCE) yield items.slice(from, from + AT_ONCE);
}
