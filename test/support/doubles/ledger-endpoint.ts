import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { FriendDeletedMessage } from '../../../activities/backends/messenger.ts';
import { freePort } from '../../../src/temporal/local/free-port.ts';
import { childModule } from '../child-module.ts';

export const MESSAGES_PATH = '/hooks';

export type LedgerEndpointOptions = {
  token: string;
  /** Takes messages too: the secret that signs them, and the file that gets a line per message before its answer. */
  messages?: { secret: string; ledger: string };
  /** The file that gets a line per callback, before the callback is answered. Absent: nothing is noted. */
  ledger?: string;
  /** How long an answer takes, in ms. */
  answersAfter?: number;
};

export type LedgerEndpointJob = LedgerEndpointOptions & { port: number };

/** A line of the ledger. */
export type Arrival = {
  /** When it came, in ms. */
  at: number;
  requestId: string;
  command: string;
  /** See `digestOf`. */
  digest: string;
  /** Whether Sign was right and RequestTime was at most 60 s off when the callback arrived. */
  isSigned: boolean;
  /** Only what is relayed durably has one. */
  deliveryId?: string;
};

/** A line of the ledger of messages. */
export type MessageArrival = {
  /** When it came, in ms. */
  at: number;
  /** `webhook-id`: a repeat has the same one. */
  id: string;
  isSigned: boolean;
  message: FriendDeletedMessage;
};

/** How many callbacks get no answer at this moment. */
export type LedgerEndpointReport = { open: number };

/** The app's own endpoint, a process that can be killed and comes back at the same address. */
export class LedgerEndpoint {
  /** With a path and a query of its own. */
  readonly url: string;
  /** Where it takes messages. */
  readonly messagesUrl: string;
  readonly #job: LedgerEndpointJob;
  #child: ChildProcess | undefined;

  private constructor(job: LedgerEndpointJob) {
    this.#job = job;
    this.url = `http://127.0.0.1:${job.port}/im/callback?app=own`;
    this.messagesUrl = `http://127.0.0.1:${job.port}${MESSAGES_PATH}`;
  }

  static async start(options: LedgerEndpointOptions): Promise<LedgerEndpoint> {
    const endpoint = new LedgerEndpoint({ ...options, port: await freePort() });
    await endpoint.restart();
    return endpoint;
  }

  /** Returns once it takes callbacks. */
  async restart(): Promise<void> {
    const { file, execArgv } = childModule('./ledger-endpoint-child', import.meta.url);
    const child = fork(file, [JSON.stringify(this.#job)], {
      execArgv,
      env: { PATH: process.env.PATH, NODE_ENV: 'production' },
    });
    this.#child = child;
    const ended = once(child, 'exit').then(() => 'ended');
    const [said] = await Promise.race([once(child, 'message'), ended]);
    if (typeof said === 'string') throw new Error('the endpoint ended before it took callbacks');
  }

  /** As a crash would: requests in flight get no answer. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  /** From now on nothing but a friend-delete callback is answered, or everything is. */
  async hang(hangs: boolean): Promise<void> {
    await this.#tell({ hangs });
  }

  /** How many callbacks get no answer at this moment. */
  async open(): Promise<number> {
    return (await this.#tell({})).open;
  }

  async #tell(order: { hangs?: boolean }): Promise<LedgerEndpointReport> {
    const child = this.#child;
    if (!child) throw new Error('the endpoint was not started');
    const answer = once(child, 'message');
    child.send(order);
    const [report] = (await answer) as [LedgerEndpointReport];
    return report;
  }
}
