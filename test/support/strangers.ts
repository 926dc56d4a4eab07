import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { TSX_ARGS } from './tsx.ts';
import { until } from './until.ts';

/** A request that stalls: its query string, and whether half of its body is sent or none. */
export type StalledRequest = { query?: string; half: boolean };

export type StrangersJob = { url: string; count: number; kinds: StalledRequest[] };

/** `open` at this moment; `opened` and `answered` in all. */
export type StrangersReport = { open: number; opened: number; answered: number };

/** Requests of 1 MB without a right Sign, of every sort. */
export function unsigned(sdkAppId: string): StalledRequest[] {
  const wrong = `SdkAppid=${sdkAppId}&Sign=${'0'.repeat(64)}&RequestTime=${Math.floor(Date.now() / 1000)}`;
  return ['', wrong].flatMap((query) => [true, false].map((half) => ({ query, half })));
}

/** Strangers in a process of their own, which stall as many connections as they get. */
export class Strangers {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Returns once each of them had a connection, or nearly. */
  static async start(job: StrangersJob): Promise<Strangers> {
    const file = fileURLToPath(new URL('stalling-strangers.ts', import.meta.url));
    const strangers = new Strangers(fork(file, [JSON.stringify(job)], { execArgv: [...TSX_ARGS] }));
    await until('the strangers to come', async () => (await strangers.report()).opened >= job.count * 0.95);
    return strangers;
  }

  async report(): Promise<StrangersReport> {
    this.#child.send('report');
    const [report] = (await once(this.#child, 'message')) as [StrangersReport];
    return report;
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}
