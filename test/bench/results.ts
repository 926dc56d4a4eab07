import type { LoadResult } from './load/job.ts';
import type { Machine } from './machine.ts';

/** One way to send callbacks to a contender. */
export type Load = {
  /** As reports call it; also the key in the results. */
  title: string;
  connections: number;
  /** Callbacks per second, however late the answers are. Absent: each connection sends its next at the answer. */
  rate?: number;
};

/** Without a worker: as many callbacks as the contender answers. */
export const AS_ANSWERED: readonly Load[] = [
  { title: '1 connection', connections: 1 },
  { title: '32 connections', connections: 32 },
  { title: '256 connections', connections: 256 },
];

/** With a worker: callbacks at a steady rate. There are many connections, so that callbacks seldom wait for a free one. */
export const AT_A_RATE: readonly Load[] = [
  { title: '200 callbacks a second', connections: 256, rate: 200 },
  { title: '1,000 callbacks a second', connections: 256, rate: 1_000 },
  { title: '4,000 callbacks a second', connections: 256, rate: 4_000 },
];

export const LOADS: readonly Load[] = [...AS_ANSWERED, ...AT_A_RATE];

/** `load`: the title of one of {@link LOADS}. */
export type Measurement = { round: number; load: string } & LoadResult;

/** Everything that was seen of one contender. */
export type ContenderResults = {
  name: string;
  letter: string;
  label: string;
  meaning: string;
  /** Whether it has a worker to run, and so is measured under {@link AT_A_RATE} too. */
  hasWorker: boolean;
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
