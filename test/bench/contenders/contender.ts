import type { Cleanup } from '../../support/cleanup.ts';
import type { BenchServers } from '../servers/index.ts';

/** What a contender is given when it starts. */
export type Place = {
  servers: BenchServers;
  /** A new folder on the disk that all contenders write to. */
  folder: string;
  /** Takes what the contender started. */
  cleanup: Cleanup;
};

/** A contender that takes callbacks. */
export type Running = {
  /** Where callbacks are posted to. */
  url: string;
  /** How many callbacks it kept since it started; absent where it claims to keep none. */
  kept?: () => Promise<number>;
  /** In words, how Temporal is now, where there is one behind it. */
  temporalState?: () => Promise<string>;
};

/** One way to receive callbacks. */
export type Contender = {
  /** For `--only`, and as the key in the results. */
  name: string;
  /** As the report calls it. */
  letter: string;
  label: string;
  /** What is true once it answered `OK`. */
  meaning: string;
  /** Set where more than it can make durable is refused, as it should be, and no fault. */
  refusesOverload?: true;
  /** The servers that it can't run without. */
  needs: readonly (keyof BenchServers)[];
  /** Starts it with servers of its own, so that nothing else runs while it is measured. */
  start(place: Place): Promise<Running>;
  /** Starts it with the worker that takes its callbacks. Absent where there is none to compare. */
  startWorking?: (place: Place) => Promise<Running>;
};
