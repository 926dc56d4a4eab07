import { setTimeout as delay } from 'node:timers/promises';
import type { Cleanup } from '../support/cleanup.ts';

type BenchRun<Results> = {
  run(): Promise<Results>;
  /** After how long the run is broken off. */
  seconds: number;
  write(results: Results): void;
  /** Whether a contender did not do what it was measured at. */
  isFaulty?(results: Results): boolean;
  cleanup: Cleanup;
};

/**
 * Runs a benchmark, cleans up and ends the process: with 1 if the run broke off or was faulty, else with 0. A run that
 * breaks off writes nothing.
 */
export async function runBench<Results>(bench: BenchRun<Results>): Promise<never> {
  try {
    const results = await Promise.race([bench.run(), interrupted(), overdue(bench.seconds)]);
    bench.write(results);
    // The run itself may have set it already.
    if (bench.isFaulty?.(results)) process.exitCode = 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
  await bench.cleanup.run();
  process.exit();
}

/** Rejects when somebody wants the run to end. */
function interrupted(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new Error(`${signal}: nothing was written`)));
    }
  });
}

/** Rejects after so many seconds. */
async function overdue(seconds: number): Promise<never> {
  await delay(seconds * 1_000, undefined, { ref: false });
  throw new Error(`not done after ${seconds} s: nothing was written`);
}
