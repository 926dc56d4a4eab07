import type { LoadResult } from './load/job.ts';
import type { Machine } from './machine.ts';

/** How many callbacks are on the way at once. */
export const CONNECTIONS = [1, 32, 256] as const;

export type Measurement = { round: number; connections: number } & LoadResult;

/** Everything that was seen of one contender. */
export type ContenderResults = {
  name: string;
  letter: string;
  label: string;
  meaning: string;
  /** Why it did not run at all, and what to do; absent where it ran. */
  notRun?: string;
  measurements: Measurement[];
  /** What went wrong in which round. A contender with any is marked wherever it is shown. */
  faults: { round: number; fault: string }[];
  /** How Temporal was when the round's measurements were over, where there is one behind the contender. */
  temporal: { round: number; state: string }[];
};

/** What `intake.json` holds. */
export type Results = {
  /** ISO 8601. */
  date: string;
  rounds: number;
  /** How long one measurement took, in seconds. */
  seconds: number;
  machine: Machine;
  contenders: ContenderResults[];
};
