/**
 * Lets the threads that a test makes run TypeScript: in Node.js 20 they do not inherit tsx from the main thread. To be
 * imported by tests that start a thread of Unfriend.
 */
import { syncBuiltinESMExports } from 'node:module';
import threads, { type WorkerOptions } from 'node:worker_threads';

const { Worker } = threads;

/** Every thread of this process, in the order of their starts. */
export const startedThreads: InstanceType<typeof Worker>[] = [];

const TSX = import.meta.resolve('tsx/esm/api');
const REGISTER = `data:text/javascript,import { register } from '${TSX}'; register();`;

threads.Worker = class extends Worker {
  constructor(path: string | URL, options: WorkerOptions = {}) {
    super(path, { ...options, execArgv: ['--import', REGISTER] });
    startedThreads.push(this);
  }
};
syncBuiltinESMExports();
