import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createSearchAttributes } from '../../src/temporal/search-attributes.ts';
import type { Cleanup } from '../support/cleanup.ts';
import { endReceivers, KillableReceiver, KillableTemporal } from '../support/doubles/killable.ts';
import { KillableWorker } from '../support/doubles/killable-worker.ts';
import { type Arrival, LedgerEndpoint, type MessageArrival } from '../support/doubles/ledger-endpoint.ts';
import { pairsOf } from '../support/inputs/numbered-pairs.ts';
import { CACHE_KEYS, StoredFriends } from '../support/inputs/stored-friends.ts';
import { readLines } from '../support/read-lines.ts';
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
/** For so many callbacks more than were sent, the friendships are stored. */
const AHEAD = 4_000;
/** So many callbacks' friendships are stored at a time. */
const STEP = 1_000;
/** When a store that is away is asked again, in ms. */
const STORE_AGAIN_MS = 250;
/** A store that was killed is back by then, in ms. */
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

  static async start(cleanup: Cleanup): Promise<SoakStage> {
    const folder = temporaryFolder();
    cleanup.defer(() => folder.remove());
    const disk = mountSmallDisk(join(folder.path, 'disk'));
    if (disk) cleanup.defer(() => void execFileSync('umount', [disk]));
    const temporal = await KillableTemporal.start();
    cleanup.defer(() => temporal.stop());
    await createSearchAttributes(temporal.client);
    // What is in Redis has to outlive it, for a key that is gone must have been cleared.
    const redis = await TestRedis.start({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
    cleanup.defer(() => redis.stop());
    const openSearch = await startOwnOpenSearch();
    cleanup.defer(() => openSearch.stop());
    const { SDK_APP_ID = '', CALLBACK_TOKEN = '' } = FREE_PORTS;
    const messages = { secret: MESSAGE_SECRET, ledger: messagesIn(folder) };
    const endpoint = await LedgerEndpoint.start({
      token: CALLBACK_TOKEN,
      ledger: relayedIn(folder),
      messages,
    });
    cleanup.defer(() => endpoint.kill());
    const settings = {
      ...{ SDK_APP_ID, CALLBACK_TOKEN, HOST: '127.0.0.1' },
      ...{ TEMPORAL_ADDRESS: temporal.address, RELAY_URL: endpoint.url },
      ...{ CACHE_URL: redis.url, CACHE_KEYS, SEARCH_URL: openSearch.url, SEARCH_INDEX: INDEX },
      ...{ NOTIFY_URL: endpoint.messagesUrl, NOTIFY_SECRET: MESSAGE_SECRET, NOTIFY_ALLOW_PRIVATE: 'on' },
    };
    cleanup.defer(endReceivers);
    const receiver = await KillableReceiver.start({
      ...settings,
      DATA_DIR: join(folder.path, 'receiver'),
      JOURNAL_DIR: join(disk ?? folder.path, 'journal'),
    });
    const worker = await KillableWorker.start({ ...settings, DATA_DIR: join(folder.path, 'worker') });
    cleanup.defer(() => worker.kill());
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

  /** How many of them wait for a person. */
  async parked(): Promise<number> {
    const query = 'ExecutionStatus="Running" AND UnfriendStatus="NeedsAttention"';
    return (await this.temporal.client.workflow.count(query)).count;
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

function mountSmallDisk(path: string): string | undefined {
  mkdirSync(path, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m', 'tmpfs', path], { stdio: 'pipe' });
    return path;
  } catch {
    return undefined;
  }
}
