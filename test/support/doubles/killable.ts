import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { createClient } from '../../../src/temporal/connect.ts';
import { freePort } from '../../../src/temporal/local/free-port.ts';
import { isAlive, type LocalServer, startLocalServer } from '../../../src/temporal/local/server.ts';
import { Ledger } from '../ledger.ts';
import { FREE_PORTS, type ProcessSettings, UnfriendProcess } from '../servers/process.ts';
import { memoryFolder, temporalCli } from '../servers/temporal.ts';
import { until } from '../until.ts';

/**
 * A Temporal server with its data in a file, which can be killed and comes back on the same port. The file is in
 * memory: on a disk that server starts a third as many workflows.
 */
export class KillableTemporal {
  readonly address: string;
  readonly client: Client;
  readonly #folder: ReturnType<typeof memoryFolder>;
  #server: LocalServer | undefined;

  private constructor(folder: ReturnType<typeof memoryFolder>, server: LocalServer) {
    this.#folder = folder;
    this.#server = server;
    this.address = server.address;
    this.client = createClient({
      ...{ connectionOptions: { address: server.address }, namespace: 'default', configured: true },
    });
  }

  static async start(): Promise<KillableTemporal> {
    const folder = memoryFolder();
    return new KillableTemporal(folder, await launch(folder.path, 0));
  }

  /** As a crash would: nothing is flushed. */
  async kill(): Promise<void> {
    const { pid } = JSON.parse(readFileSync(join(this.#folder.path, 'server.json'), 'utf8')) as {
      pid: number;
    };
    process.kill(-pid, 'SIGKILL');
    this.#server = undefined;
    await until('the server to be gone', () => !isAlive(pid));
  }

  async restart(): Promise<void> {
    this.#server = await launch(this.#folder.path, Number(this.address.split(':')[1]));
    if (this.#server.address !== this.address) throw new Error(`came back at ${this.#server.address}`);
  }

  async stop(): Promise<void> {
    await this.client.connection.close();
    await this.#server?.stop();
    this.#folder.remove();
  }
}

function launch(dir: string, port: number): Promise<LocalServer> {
  return startLocalServer({
    ...{ findCli: async () => temporalCli(), dir, port, uiPort: 0, namespace: 'default' },
    say: () => undefined,
  });
}

const started: KillableReceiver[] = [];

/** After each test: a failed one must leave no process behind. */
export async function endReceivers(): Promise<void> {
  for (const receiver of started.splice(0)) {
    receiver.ledger.stopLoad();
    await receiver.kill();
  }
}

/** A receiver, `unfriend serve`, that comes back at the same address after each end. */
export class KillableReceiver {
  readonly url: string;
  readonly ops: string;
  readonly ledger: Ledger;
  /** How long its first start took until it journaled callbacks, in ms: what this machine needs for one. */
  startedWithin = 0;
  process: UnfriendProcess;
  readonly #settings: ProcessSettings;

  private constructor(settings: ProcessSettings, process: UnfriendProcess) {
    this.#settings = settings;
    this.process = process;
    this.url = `http://127.0.0.1:${settings.PORT}`;
    this.ops = `http://127.0.0.1:${settings.OPS_PORT}`;
    const { SDK_APP_ID: sdkAppId = '', CALLBACK_TOKEN: token = '' } = settings;
    this.ledger = new Ledger({ sdkAppId, token });
  }

  /**
   * With an app of its own, unless `settings` names one.
   *
   * @param openFiles how many files it may have open; a restart has no such limit
   */
  static async start(settings: ProcessSettings, openFiles?: number): Promise<KillableReceiver> {
    const all = {
      ...{ ...FREE_PORTS, SDK_APP_ID: freshApp(), LOG_LEVEL: 'warn' },
      ...{ PORT: String(await freePort()), OPS_PORT: String(await freePort()), ...settings },
    };
    const startedAt = performance.now();
    const receiver = new KillableReceiver(all, new UnfriendProcess(['serve'], all, { openFiles }));
    started.push(receiver);
    await receiver.#untilJournaling();
    receiver.startedWithin = performance.now() - startedAt;
    return receiver;
  }

  async kill(): Promise<void> {
    await this.process.kill();
  }

  async terminate(): Promise<number | null> {
    this.process.child.kill('SIGTERM');
    return this.process.exit();
  }

  /** @returns how long it took until it journaled callbacks, in ms */
  async restart(settings: ProcessSettings = {}): Promise<number> {
    const startedAt = performance.now();
    this.process = new UnfriendProcess(['serve'], { ...this.#settings, ...settings });
    await this.#untilJournaling();
    return performance.now() - startedAt;
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.ops}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  }

  async drained(timeout = 60_000): Promise<void> {
    await until(
      'an empty journal',
      async () => (await this.metric('unfriend_journal_pending')) === 0,
      timeout,
    );
  }

  /** Until its port listens, and its journal is open or known not to open. */
  async #untilJournaling(): Promise<void> {
    await until('the receiver to take callbacks', async () => {
      this.process.mustRun();
      const answer = await fetch(this.url).catch(() => undefined);
      // 403: CALLBACK_ALLOW does not name this machine.
      return (
        (answer?.status === 405 || answer?.status === 403) &&
        !/^(starting|being opened)/.test(await this.#journalState())
      );
    });
  }

  async #journalState(): Promise<string> {
    const { components } = (await (await fetch(`${this.ops}/readyz`)).json()) as {
      components: { journal?: { state: string } };
    };
    return components.journal?.state ?? 'none';
  }
}

let apps = 1_400_500_000 + (process.pid % 1_000) * 1_000;

function freshApp(): string {
  apps += 1;
  return String(apps);
}
