import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { childModule } from '../child-module.ts';
import { until } from '../until.ts';

/** How much of a request with a body of 1 MB is sent before it stalls. */
export type StalledRequest = { query: string; sends: 'half a head' | 'a head' | 'half a body' };

/** `count` connections, whose requests are `requests` in turn. */
export type StrangersJob = { url: string; count: number; requests: StalledRequest[] };

/** Connections: `open` at this moment, `opened` and `answered` in all. */
export type StrangersReport = { open: number; opened: number; answered: number };

/** What costs a receiver most that reads before it refuses: half of them hold half a body each. */
export function unsigned(sdkAppId: string): StalledRequest[] {
  const wrong = `SdkAppid=${sdkAppId}&Sign=${'0'.repeat(64)}&RequestTime=${Math.floor(Date.now() / 1000)}`;
  return [
    { query: '', sends: 'half a body' },
    { query: '', sends: 'a head' },
    { query: '', sends: 'half a body' },
    { query: wrong, sends: 'half a body' },
    { query: '', sends: 'half a body' },
    { query: wrong, sends: 'half a head' },
  ];
}

/** Strangers in a process of their own. */
export class Strangers {
  readonly #child: ChildProcess;
  readonly #count: number;

  private constructor(child: ChildProcess, count: number) {
    this.#child = child;
    this.#count = count;
  }

  /** They do nothing before {@link begin}: a process that starts takes much of a small machine. */
  static async start(job: StrangersJob): Promise<Strangers> {
    const { file, execArgv } = childModule('./stalling-strangers', import.meta.url);
    const child = fork(file, [JSON.stringify(job)], { execArgv });
    await once(child, 'message');
    return new Strangers(child, job.count);
  }

  /** Stalls as many connections as they get. Returns once nearly each of them had one. */
  async begin(): Promise<void> {
    await this.#ask('begin');
    const most = this.#count * 0.95;
    await until('the strangers to come', async () => (await this.report()).opened >= most, 60_000);
  }

  report(): Promise<StrangersReport> {
    return this.#ask('report');
  }

  async #ask(what: 'begin' | 'report'): Promise<StrangersReport> {
    this.#child.send(what);
    const [report] = (await once(this.#child, 'message')) as [StrangersReport];
    return report;
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}
