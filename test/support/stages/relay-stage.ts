import type { Client } from '@temporalio/client';
import type { Progress } from '../../../workflows/contract.ts';
import { AppEndpoint, type EndpointSettings, headerOf, type Taken } from '../doubles/app-endpoint.ts';
import { type CommandToPost, type HttpAnswer, postCommand } from '../inputs/commands.ts';
import { FREE_PORTS, type ProcessSettings, runUnfriend, UnfriendProcess } from '../servers/process.ts';
import { memoryFolder, startTestTemporal, type TestTemporal } from '../servers/temporal.ts';
import { until } from '../until.ts';

const { SDK_APP_ID = '', CALLBACK_TOKEN: token = '' } = FREE_PORTS;
const OFF: ProcessSettings = { CACHE_URL: 'off', SEARCH_URL: 'off', NOTIFY_URL: 'off' };

/** `unfriend start` in front of an endpoint. */
export class Relaying {
  readonly url: string;
  readonly ops: string;
  readonly process: UnfriendProcess;

  private constructor(process: UnfriendProcess, url: string, ops: string) {
    this.process = process;
    this.url = url;
    this.ops = ops;
  }

  static async start(settings: ProcessSettings): Promise<Relaying> {
    const process = new UnfriendProcess(['start'], settings);
    try {
      const { url } = await process.log('taking callbacks');
      const { url: ops } = await process.log('health, readiness and metrics');
      return new Relaying(process, String(url), String(ops));
    } catch (error) {
      await process.kill();
      throw error;
    }
  }

  post(callback: CommandToPost): Promise<HttpAnswer> {
    return postCommand(this.url, callback);
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.ops}/metrics`)).text();
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    return Number(line?.split(' ').at(-1) ?? Number.NaN);
  }

  kill(): Promise<void> {
    return this.process.kill();
  }
}

type Servers = { temporal: TestTemporal; endpoint: AppEndpoint };

/** An endpoint in a process of its own, and `unfriend start` in front of it, as often as a test wants it. */
export class RelayStage {
  readonly endpoint: AppEndpoint;
  readonly client: Client;
  readonly #temporal: TestTemporal;
  readonly #folder = memoryFolder();
  readonly #running: Relaying[] = [];
  #queues = 0;

  static async start(endpoint: Partial<EndpointSettings> = {}): Promise<RelayStage> {
    const servers = [startTestTemporal(), AppEndpoint.start({ token, ...endpoint })] as const;
    const [temporal, started] = await Promise.all(servers);
    return new RelayStage({ temporal, endpoint: started });
  }

  private constructor({ temporal, endpoint }: Servers) {
    this.#temporal = temporal;
    this.endpoint = endpoint;
    this.client = temporal.client;
  }

  /** No process outlives the test file. */
  async stop(): Promise<void> {
    for (const relaying of this.#running) await relaying.kill();
    await this.endpoint.stop();
    await this.#temporal.stop();
    this.#folder.remove();
  }

  /** What `unfriend start` is told: a task queue of its own too, so that no other worker takes its work. */
  settings(more: ProcessSettings = {}): ProcessSettings {
    this.#queues += 1;
    return {
      ...FREE_PORTS,
      ...OFF,
      DATA_DIR: `${this.#folder.path}/${this.#queues}`,
      TASK_QUEUE: `relay-${process.pid}-${this.#queues}`,
      TEMPORAL_ADDRESS: this.#address,
      RELAY_URL: this.endpoint.url,
      ...more,
    };
  }

  /** Starts `unfriend start` in front of the endpoint, unless `more` says otherwise. */
  async start(more: ProcessSettings = {}): Promise<Relaying> {
    const relaying = await Relaying.start(this.settings(more));
    this.#running.push(relaying);
    return relaying;
  }

  /** Waits until the endpoint took `count` requests of one delivery, or with one text in the body. */
  taken(of: { id: string } | { text: string }, count = 1): Promise<Taken[]> {
    const isMeant = (taken: Taken) =>
      'id' in of
        ? headerOf(taken, 'x-unfriend-delivery-id') === of.id
        : Buffer.from(taken.body, 'base64').includes(of.text);
    return until(
      `the endpoint to take ${count} of ${JSON.stringify(of)}`,
      () => {
        const taken = this.endpoint.taken().filter(isMeant);
        return taken.length >= count && taken;
      },
      60_000,
    );
  }

  /** Waits until a workflow needs attention, and lists say so. */
  async waiting(workflowId: string): Promise<void> {
    const query = `WorkflowId="${workflowId}" AND UnfriendStatus="NeedsAttention"`;
    await until(
      `${workflowId} to need attention`,
      async () => (await this.client.workflow.count(query)).count > 0,
      60_000,
    );
  }

  /** Waits until a workflow is closed, and returns its result. */
  async result(workflowId: string): Promise<Pick<Progress, 'pairs' | 'sideEffects'>> {
    const handle = this.client.workflow.getHandle(workflowId);
    await until(
      `${workflowId} to be closed`,
      async () => {
        const description = await handle.describe().catch(() => undefined);
        return description && description.status.name !== 'RUNNING';
      },
      60_000,
    );
    return handle.result();
  }

  unfriend(...args: string[]) {
    return runUnfriend(args, { SDK_APP_ID, TEMPORAL_ADDRESS: this.#address });
  }

  get #address(): string {
    return String(this.#temporal.settings.connectionOptions.address);
  }
}
