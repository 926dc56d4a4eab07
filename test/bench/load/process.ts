import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { withDeadline } from '../../../activities/backends/net/deadline.ts';
import type { Cleanup } from '../cleanup.ts';
import { TSX } from '../contenders/program.ts';
import type { LoadJob, LoadResult } from './job.ts';

/** What a measurement may take beyond its own time, in ms. */
const PATIENCE_MS = 30_000;

/** The load generator, in a process of its own so that it shares no event loop with anything. */
export class LoadGenerator {
  readonly #child: ChildProcess;

  constructor(cleanup: Cleanup) {
    const file = fileURLToPath(new URL('generator.ts', import.meta.url));
    cleanup.defer(() => {
      this.#child.kill('SIGKILL');
    });
    this.#child = fork(file, { execArgv: ['--import', TSX] });
  }

  /** @throws when the measurement itself failed; what the contender did wrong is in the result */
  async measure(job: LoadJob): Promise<LoadResult> {
    this.#child.send(job);
    const [answer] = (await withDeadline(job.seconds * 1_000 + PATIENCE_MS, undefined, (signal) =>
      once(this.#child, 'message', { signal }),
    )) as [{ result: LoadResult } | { error: string }];
    if ('error' in answer) throw new Error(`the load generator failed: ${answer.error}`);
    return answer.result;
  }
}
