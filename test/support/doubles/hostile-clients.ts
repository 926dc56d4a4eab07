import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { childModule } from '../child-module.ts';
import type { HostileJob } from './hostile-requests.ts';

/** Requests, by their kind and by the status of their answer; `closed` and `none`: without an answer. */
export type HostileReport = {
  sent: number;
  byKind: Record<string, number>;
  byStatus: Record<string, number>;
  isDone: boolean;
};

/** Clients that send hostile requests, in a process of their own. */
export class HostileClients {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** They do nothing before {@link begin}. */
  static async start(job: HostileJob): Promise<HostileClients> {
    const { file, execArgv } = childModule('./hostile-clients-child', import.meta.url);
    const child = fork(file, [JSON.stringify(job)], { execArgv });
    await once(child, 'message');
    return new HostileClients(child);
  }

  begin(): Promise<HostileReport> {
    return this.#ask('begin');
  }

  report(): Promise<HostileReport> {
    return this.#ask('report');
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  async #ask(what: 'begin' | 'report'): Promise<HostileReport> {
    this.#child.send(what);
    const [report] = (await once(this.#child, 'message')) as [HostileReport];
    return report;
  }
}
