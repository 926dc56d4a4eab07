/**
 * Lets the threads that a test makes run TypeScript: in Node.js 20 they do not inherit tsx from the main thread. To be
 * imported by tests that start a thread of Unfriend.
 */
import { syncBuiltinESMExports } from 'node:module';
import threads, { type WorkerOptions } from 'node:worker_threads';

const { Worker } = threads;

/** Every thread of this process, in the order of their starts. */
export const startedThreads: InstanceType<typeof Worker>[] = [];

/** Compiled tests need none. */
const execArgv = import.meta.url.endsWith('.ts') ? ['--import', registration()] : [];

threads.Worker = class extends Worker {
  constructor(path: string | URL, options: WorkerOptions = {}) {
    super(path, { ...options, execArgv });
    startedThreads.push(this);
  }
};
syncBuiltinESMExports();

function registration(): string {
  return `data:text/javascript,import { register } from '${import.meta.resolve('tsx/esm/api')}'; register();`;
}
