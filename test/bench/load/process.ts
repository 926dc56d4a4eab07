import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { withDeadline } from '../../../activities/backends/net/deadline.ts';
import type { Cleanup } from '../../support/cleanup.ts';
import { TSX } from '../contenders/program.ts';
import type { LoadJob, LoadResult } from './job.ts';

/** What a measurement may take beyond its own time, in ms. */
const PATIENCE_MS = 30_000;

const GENERATOR = new URL('generator.ts', import.meta.url);

/** A load generator, in a process of its own so that it shares no event loop with anything. */
export class LoadGenerator<Job extends { seconds: number } = LoadJob, Result = LoadResult> {
  readonly #child: ChildProcess;

  /** @param program what it runs: it answers each job with `{ result }` or `{ error }` */
  constructor(cleanup: Cleanup, program = GENERATOR) {
    const file = fileURLToPath(program);
    cleanup.defer(() => {
      this.#child.kill('SIGKILL');
    });
    this.#child = fork(file, { execArgv: ['--import', TSX] });
  }

  /** @throws when the measurement itself failed; what the contender did wrong is in the result */
  async measure(job: Job): Promise<Result> {
    this.#child.send(job);
    const [answer] = (await withDeadline(job.seconds * 1_000 + PATIENCE_MS, undefined, (signal) =>
      once(this.#child, 'message', { signal }),
    )) as [{ result: Result } | { error: string }];
    if ('error' in answer) throw new Error(`the load generator failed: ${answer.error}`);
    return answer.result;
  }
}
