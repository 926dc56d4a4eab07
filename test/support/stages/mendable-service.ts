import type { Client } from '@temporalio/client';
import { createClient } from '../../../src/temporal/connect.ts';
import { type Pair, workflowId } from '../../../workflows/contract.ts';
import { WebhookSink } from '../doubles/webhook-sink.ts';
import { postSigned } from '../inputs/callbacks.ts';
import { FREE_PORTS, UnfriendProcess } from '../servers/process.ts';
import { TestRedis } from '../servers/redis.ts';
import { temporaryFolder } from '../servers/temporal.ts';
import { until } from '../until.ts';

const SECRET = 'a-secret-of-these-tests-0';
const [USER, PASSWORD] = ['unfriend', 's3cr3t'];

type Parts = {
  folder: ReturnType<typeof temporaryFolder>;
  redis: TestRedis;
  sink: WebhookSink;
  running: UnfriendProcess;
};

/**
 * `unfriend start` with a Temporal server and its UI, and with backends that fail until they are mended: Redis
 * refuses the user, so that `clearCaches` is parked at once, and the webhook endpoint answers 503, so that
 * `notifyUsers` waits in back-off. `updateSearchIndex` is done. Each first try is an activity of its own, so that the UI
 * shows it.
 */
export class MendableService {
  readonly uiUrl: string;
  readonly opsUrl: string;
  readonly client: Client;
  readonly redis: TestRedis;
  readonly sink: WebhookSink;
  readonly #parts: Parts;
  readonly #url: string;

  static async start(): Promise<MendableService> {
    const [redis, sink] = await Promise.all([TestRedis.start(), WebhookSink.start(SECRET)]);
    sink.answer = () => ({ status: 503 });
    const folder = temporaryFolder();
    const running = new UnfriendProcess(['start'], {
      ...FREE_PORTS,
      DATA_DIR: folder.path,
      CACHE_URL: redis.url.replace('//', `//${USER}:${PASSWORD}@`),
      NOTIFY_URL: sink.url,
      NOTIFY_SECRET: SECRET,
      NOTIFY_ALLOW_PRIVATE: 'on',
      FIRST_PASS: 'activities',
    });
    const parts = { folder, redis, sink, running };
    try {
      const { address, ui } = await running.log('local Temporal server');
      const { url } = await running.log('taking callbacks');
      const { url: opsUrl } = await running.log('health, readiness and metrics');
      return new MendableService(parts, {
        url: String(url),
        address: String(address),
        uiUrl: String(ui),
        opsUrl: String(opsUrl),
      });
    } catch (error) {
      await end(parts);
      throw error;
    }
  }

  private constructor(parts: Parts, urls: Record<'url' | 'address' | 'uiUrl' | 'opsUrl', string>) {
    const { url, address, uiUrl, opsUrl } = urls;
    this.#parts = parts;
    this.redis = parts.redis;
    this.sink = parts.sink;
    this.#url = url;
    this.uiUrl = uiUrl;
    this.opsUrl = opsUrl;
    this.client = createClient({ connectionOptions: { address }, namespace: 'default', configured: true });
  }

  /** @returns the id of the delivery's workflow, once side effects of it are parked and others are retried */
  async deliver(requestId: string, pairs: Pair[]): Promise<string> {
    const answer = await postSigned(this.#url, { requestId, pairs });
    if (answer.status !== 200) throw new Error(`answered ${answer.status}: ${await answer.text()}`);
    const id = workflowId({ sdkAppId: FREE_PORTS.SDK_APP_ID ?? '', deliveryId: requestId });
    const query = `WorkflowId="${id}" AND UnfriendStatus="NeedsAttention"`;
    await until(`${requestId} to need attention`, async () => {
      const { count } = await this.client.workflow.count(query);
      return count === 1;
    });
    return id;
  }

  /** From now on Redis knows the user, and the endpoint takes messages. */
  async mend(): Promise<void> {
    await this.redis.use((client) =>
      client.call('ACL', 'SETUSER', USER, 'on', `>${PASSWORD}`, '~friends:*', '+@all'),
    );
    this.sink.answer = () => ({ status: 204 });
  }

  async stop(): Promise<void> {
    await this.client.connection.close();
    await end(this.#parts);
  }
}

async function end({ folder, redis, sink, running }: Parts): Promise<void> {
  running.child.kill('SIGTERM');
  await running.exit();
  await Promise.all([redis.stop(), sink.stop()]);
  folder.remove();
}
