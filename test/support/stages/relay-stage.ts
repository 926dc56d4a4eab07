import { after, afterEach, before } from 'node:test';
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

/** What a test file works with. No process outlives its test. */
export type RelayStage = {
  /** Once the tests run, like `client`. */
  readonly endpoint: AppEndpoint;
  readonly client: Client;
  /** What `unfriend start` is told by {@link start}: a task queue of its own, so that no other worker takes its work. */
  settings(more?: ProcessSettings): ProcessSettings;
  /** Starts `unfriend start` in front of the endpoint, until the end of the test or of the file. */
  start(more?: ProcessSettings, how?: { until: 'end of file' }): Promise<Relaying>;
  /** What the endpoint took, of one delivery or with one text in the body; waits until it is so much. */
  taken(of: { id: string } | { text: string }, count?: number): Promise<Taken[]>;
  /** The workflow of a delivery, by its whole id; waits until it is in lists too. */
  waiting(workflowId: string): Promise<void>;
  unfriend(...args: string[]): ReturnType<typeof runUnfriend>;
  /** The same with all that `unfriend start` is told. */
  unfriendWith(settings: ProcessSettings, ...args: string[]): ReturnType<typeof runUnfriend>;
};

/** To be called at the top of a test file. */
export function relayStage(endpointSettings: Partial<EndpointSettings> = {}): RelayStage {
  const folder = memoryFolder();
  const running: Relaying[] = [];
  const runningLong: Relaying[] = [];
  let queues = 0;
  let parts: { temporal: TestTemporal; endpoint: AppEndpoint } | undefined;
  const started = () => {
    if (!parts) throw new Error('the servers are started before the first test, and not earlier');
    return parts;
  };
  const address = () => String(started().temporal.settings.connectionOptions.address);
  before(async () => {
    const [temporal, endpoint] = await Promise.all([
      startTestTemporal(),
      AppEndpoint.start({ token, ...endpointSettings }),
    ]);
    parts = { temporal, endpoint };
  });
  afterEach(async () => {
    for (const relaying of running.splice(0)) await relaying.kill();
  });
  after(async () => {
    for (const relaying of runningLong) await relaying.kill();
    await parts?.endpoint.stop();
    await parts?.temporal.stop();
    folder.remove();
  });

  return {
    get endpoint() {
      return started().endpoint;
    },
    get client() {
      return started().temporal.client;
    },
    settings(more = {}) {
      queues += 1;
      return {
        ...FREE_PORTS,
        ...OFF,
        DATA_DIR: `${folder.path}/${queues}`,
        TASK_QUEUE: `relay-${process.pid}-${queues}`,
        TEMPORAL_ADDRESS: address(),
        RELAY_URL: started().endpoint.url,
        ...more,
      };
    },
    async start(more, how) {
      const relaying = await Relaying.start(this.settings(more));
      (how ? runningLong : running).push(relaying);
      return relaying;
    },
    taken(of, count = 1) {
      const isMeant = (taken: Taken) =>
        'id' in of
          ? headerOf(taken, 'x-unfriend-delivery-id') === of.id
          : Buffer.from(taken.body, 'base64').includes(of.text);
      return until(
        `the endpoint to take ${count} of ${JSON.stringify(of)}`,
        () => {
          const taken = started().endpoint.taken().filter(isMeant);
          return taken.length >= count && taken;
        },
        60_000,
      );
    },
    async waiting(workflowId) {
      const query = `WorkflowId="${workflowId}" AND UnfriendStatus="NeedsAttention"`;
      await until(`${workflowId} to need attention`, async () => {
        const { count } = await started().temporal.client.workflow.count(query);
        return count > 0;
      });
    },
    unfriend(...args) {
      return runUnfriend(args, { SDK_APP_ID, TEMPORAL_ADDRESS: address() });
    },
    unfriendWith: (settings, ...args) => runUnfriend(args, settings),
  };
}

/** `progress` of a delivery's workflow, once it runs. */
export function readProgress(client: Client, workflowId: string): Promise<Progress | undefined> {
  return client.workflow
    .getHandle(workflowId)
    .query<Progress>('progress')
    .catch(() => undefined);
}
