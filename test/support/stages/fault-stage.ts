import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { SideEffectName } from '../../../activities/index.ts';
import { type Pair, workflowId } from '../../../workflows/contract.ts';
import { readMessage, WebhookSink } from '../doubles/webhook-sink.ts';
import { postSigned } from '../inputs/callbacks.ts';
import { faultsOfMessages } from '../inputs/expected-messages.ts';
import { CACHE_KEYS, StoredFriends } from '../inputs/stored-friends.ts';
import { SearchApi } from '../search-api.ts';
import type { JavaSearchServer } from '../servers/java-search-server.ts';
import { startOwnOpenSearch } from '../servers/open-search.ts';
import { FREE_PORTS, UnfriendProcess } from '../servers/process.ts';
import { TestRedis } from '../servers/redis.ts';
import { startTestTemporal, type TestTemporal, temporaryFolder } from '../servers/temporal.ts';
import { until } from '../until.ts';

const SECRET = 'a-secret-of-these-tests-0';
const INDEX = 'friends';
const { SDK_APP_ID: sdkAppId = '' } = FREE_PORTS;

/** What was posted as one callback. */
export type Posted = { deliveryId: string; pairs: Pair[] };

/** `unfriend start` on a Redis, an OpenSearch and a webhook endpoint that can fail, and on a Temporal that does not. */
export class FaultStage {
  readonly redis: TestRedis;
  readonly openSearch: JavaSearchServer;
  readonly sink: WebhookSink;
  readonly friends: StoredFriends;
  readonly #temporal: TestTemporal;
  readonly #folder = temporaryFolder();
  readonly #process: UnfriendProcess;

  static async start(): Promise<FaultStage> {
    // What is in Redis has to outlive it, for a key that is gone must have been cleared.
    const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];
    const servers = await Promise.all([
      TestRedis.start({ args: durable }),
      startOwnOpenSearch(),
      WebhookSink.start(SECRET),
      startTestTemporal({ own: true }),
    ]);
    const stage = new FaultStage(...servers);
    await stage.friends.fill([]);
    await stage.#process.log('working');
    return stage;
  }

  private constructor(
    redis: TestRedis,
    openSearch: JavaSearchServer,
    sink: WebhookSink,
    temporal: TestTemporal,
  ) {
    this.redis = redis;
    this.openSearch = openSearch;
    this.sink = sink;
    this.#temporal = temporal;
    this.friends = new StoredFriends({ redis, search: new SearchApi(openSearch.url), index: INDEX });
    this.#process = new UnfriendProcess(['start'], {
      ...{ ...FREE_PORTS, DATA_DIR: this.#folder.path, TASK_QUEUE: `faults-${process.pid}` },
      LOG_LEVEL: 'debug',
      TEMPORAL_ADDRESS: String(temporal.settings.connectionOptions.address),
      ...{ CACHE_URL: redis.url, CACHE_KEYS, SEARCH_URL: openSearch.url, SEARCH_INDEX: INDEX },
      ...{ NOTIFY_URL: sink.url, NOTIFY_SECRET: SECRET, NOTIFY_ALLOW_PRIVATE: 'on' },
    });
  }

  async stop(): Promise<void> {
    await this.#process.kill();
    await Promise.all([this.redis.stop(), this.openSearch.stop(), this.sink.stop(), this.#temporal.stop()]);
    this.#folder.remove();
  }

  /** Posts one callback for each list of pairs. */
  async post(deliveries: Pair[][]): Promise<Posted[]> {
    const { url } = await this.#process.log('taking callbacks');
    return Promise.all(
      deliveries.map(async (pairs) => {
        const requestId = randomUUID();
        assert.equal((await postSigned(String(url), { requestId, pairs })).status, 200);
        return { deliveryId: requestId, pairs };
      }),
    );
  }

  /** Waits until every side effect of them is done; fails when any is given up. */
  async finished(posted: Posted[]): Promise<void> {
    const { client } = this.#temporal;
    for (const { deliveryId } of posted) {
      const handle = client.workflow.getHandle(workflowId({ sdkAppId, deliveryId }));
      // It was answered once it was in the journal.
      await until('the workflow to be started', () => handle.describe().catch(() => undefined));
      await handle.result();
    }
  }

  /** Tries of a side effect that failed since some time (ms). */
  failedTries(sideEffect: SideEffectName, since: number): number {
    return this.#process
      .logs()
      .filter(({ msg, sideEffect: name }) => msg === 'attempt failed' && name === sideEffect)
      .filter(({ time }) => Date.parse(String(time)) >= since).length;
  }

  /** What is wrong with the messages of these deliveries that the endpoint acknowledged. */
  messageFaults(posted: Posted[]): string[] {
    const messages = this.sink.acknowledged.map(readMessage);
    return posted.flatMap(({ deliveryId, pairs }) =>
      faultsOfMessages(
        messages.filter(({ data }) => data.deliveryId === deliveryId),
        pairs,
      ),
    );
  }
}
