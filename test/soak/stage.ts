import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createSearchAttributes } from '../../src/temporal/search-attributes.ts';
import { endReceivers, KillableReceiver, KillableTemporal } from '../support/doubles/killable.ts';
import { KillableWorker } from '../support/doubles/killable-worker.ts';
import { type Arrival, LedgerEndpoint, type MessageArrival } from '../support/doubles/ledger-endpoint.ts';
import { pairsOf } from '../support/inputs/numbered-pairs.ts';
import { CACHE_KEYS, StoredFriends } from '../support/inputs/stored-friends.ts';
import { SearchApi } from '../support/search-api.ts';
import type { JavaSearchServer } from '../support/servers/java-search-server.ts';
import { startOwnOpenSearch } from '../support/servers/open-search.ts';
import { FREE_PORTS } from '../support/servers/process.ts';
import { TestRedis } from '../support/servers/redis.ts';
import { temporaryFolder } from '../support/servers/temporal.ts';
import type { Done } from '../support/side-effect-accounts.ts';
import { until } from '../support/until.ts';

const MESSAGE_SECRET = 'a-secret-of-the-soak-0001';
const INDEX = 'friends';
/** How many callbacks' friendships are stored ahead of the load, and with one request. */
const AHEAD = 4_000;
const STEP = 1_000;
/** How long a store may be away, in ms, until its friendships can't be stored. */
const STORE_AGAIN_MS = 250;
const STORE_WITHIN_MS = 180_000;

/** Everything that a callback passes from its answer to its last side effect. Each part can be killed. */
export class SoakStage {
  readonly temporal: KillableTemporal;
  readonly receiver: KillableReceiver;
  readonly worker: KillableWorker;
  readonly redis: TestRedis;
  readonly openSearch: JavaSearchServer;
  readonly endpoint: LedgerEndpoint;
  /** A small disk of the receiver's own. Undefined where none can be mounted: it needs root. */
  readonly disk: string | undefined;
  readonly #friends: StoredFriends;
  readonly #folder: Folder;
  #stored = 0;
  #isStoring = true;

  private constructor(parts: Parts) {
    this.temporal = parts.temporal;
    this.receiver = parts.receiver;
    this.worker = parts.worker;
    this.redis = parts.redis;
    this.openSearch = parts.openSearch;
    this.endpoint = parts.endpoint;
    this.disk = parts.disk;
    this.#folder = parts.folder;
    const search = new SearchApi(parts.openSearch.url);
    this.#friends = new StoredFriends({ redis: parts.redis, search, index: INDEX });
  }

  static async start(): Promise<SoakStage> {
    const folder = temporaryFolder();
    const disk = mountSmallDisk(join(folder.path, 'disk'));
    const temporal = await KillableTemporal.start();
    await createSearchAttributes(temporal.client);
    // What is in Redis has to outlive it, for a key that is gone must have been cleared.
    const redis = await TestRedis.start({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
    const openSearch = await startOwnOpenSearch();
    const { SDK_APP_ID = '', CALLBACK_TOKEN = '' } = FREE_PORTS;
    const messages = { secret: MESSAGE_SECRET, ledger: messagesIn(folder) };
    const endpoint = await LedgerEndpoint.start({
      token: CALLBACK_TOKEN,
      ledger: relayedIn(folder),
      messages,
    });
    const settings = {
      ...{ SDK_APP_ID, CALLBACK_TOKEN, HOST: '127.0.0.1' },
      ...{ TEMPORAL_ADDRESS: temporal.address, RELAY_URL: endpoint.url },
      ...{ CACHE_URL: redis.url, CACHE_KEYS, SEARCH_URL: openSearch.url, SEARCH_INDEX: INDEX },
      ...{ NOTIFY_URL: endpoint.messagesUrl, NOTIFY_SECRET: MESSAGE_SECRET, NOTIFY_ALLOW_PRIVATE: 'on' },
    };
    const receiver = await KillableReceiver.start({
      ...settings,
      DATA_DIR: join(folder.path, 'receiver'),
      JOURNAL_DIR: join(disk ?? folder.path, 'journal'),
    });
    const worker = await KillableWorker.start({ ...settings, DATA_DIR: join(folder.path, 'worker') });
    const stage = new SoakStage({
      ...{ temporal, receiver, worker, redis, openSearch, endpoint, disk, folder },
    });
    await stage.#friends.fill([]);
    return stage;
  }

  /** Callbacks below this number have their friendships in Redis and OpenSearch. */
  get stored(): number {
    return this.#stored;
  }

  /** Stores the friendships of the next callbacks, until stopped, also across kills of the stores. */
  async storeFriends(): Promise<void> {
    while (this.#isStoring) {
      if (this.#stored >= this.receiver.ledger.entries.length + AHEAD) {
        await delay(STORE_AGAIN_MS);
        continue;
      }
      const numbers = Array.from({ length: STEP }, (_, index) => this.#stored + index);
      await this.#inSpiteOfKills(() => this.#friends.add(numbers.flatMap(pairsOf)));
      this.#stored += STEP;
    }
  }

  stopStoring(): void {
    this.#isStoring = false;
  }

  /** How many deliveries are open, as Temporal's list has it. */
  async running(): Promise<number> {
    return (await this.temporal.client.workflow.count('ExecutionStatus="Running"')).count;
  }

  /** How many deliveries wait for a person. */
  async parked(): Promise<number> {
    return (await this.temporal.client.workflow.count('UnfriendStatus="NeedsAttention"')).count;
  }

  /** What is in the stores and reached the endpoint, of these callbacks. */
  async done(callbacks: number): Promise<Omit<Done, 'kills'>> {
    const pairs = Array.from({ length: callbacks }, (_, number) => pairsOf(number)).flat();
    return {
      left: await this.#friends.left(pairs),
      messages: readLines<MessageArrival>(messagesIn(this.#folder)),
      relayed: readLines<Arrival>(relayedIn(this.#folder)),
    };
  }

  /** Keys and documents of others that are gone. */
  bystandersGone(): Promise<string[]> {
    return this.#friends.bystandersGone();
  }

  async stop(): Promise<void> {
    this.stopStoring();
    await endReceivers();
    await this.worker.kill();
    await this.endpoint.kill();
    await Promise.all([this.redis.stop(), this.openSearch.stop(), this.temporal.stop()]);
    if (this.disk) execFileSync('umount', [this.disk]);
    this.#folder.remove();
  }

  #inSpiteOfKills(act: () => Promise<unknown>): Promise<unknown> {
    let reason: unknown;
    return until(
      'the stores to take friendships',
      async () => {
        const stored = await act().then(
          () => true,
          (error: unknown) => {
            reason = error;
          },
        );
        if (!stored) await delay(STORE_AGAIN_MS);
        return stored;
      },
      STORE_WITHIN_MS,
    ).catch((error: Error) => {
      throw new Error(error.message, { cause: reason });
    });
  }
}

type Folder = ReturnType<typeof temporaryFolder>;

type Parts = Pick<
  SoakStage,
  'temporal' | 'receiver' | 'worker' | 'redis' | 'openSearch' | 'endpoint' | 'disk'
> & { folder: Folder };

function messagesIn(folder: Folder): string {
  return join(folder.path, 'messages.jsonl');
}

function relayedIn(folder: Folder): string {
  return join(folder.path, 'relayed.jsonl');
}

function readLines<T>(file: string): T[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as T);
}

function mountSmallDisk(path: string): string | undefined {
  mkdirSync(path, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m', 'tmpfs', path], { stdio: 'pipe' });
    return path;
  } catch {
    return undefined;
  }
}
