import type { Machine } from '../machine.ts';

/** How many pairs a callback of the benchmark has. */
export const PAIRS = [1, 2, 10, 100, 1_000] as const;

/** What a process does for a callback. `backends`: Redis, OpenSearch and the sink, on which the side effects act. */
export const ROLES = ['receiver', 'worker', 'server', 'database', 'backends'] as const;
export type Role = (typeof ROLES)[number];

/** What contenders run on. Each has its own servers, which are started anew for each round. */
export const ENGINES = ['temporal-postgres', 'temporal-dev', 'queues'] as const;
export type Engine = (typeof ENGINES)[number];

/** As many callbacks at once as it takes to keep a contender busy. */
export type Burst = {
  callbacks: number;
  /** From the first request until the last callback was done, in seconds. */
  seconds: number;
  finishedPerSecond: number;
  /** Processor time per callback, in ms. */
  cpu: Partial<Record<Role, number>>;
  /** Per callback; of PostgreSQL only. */
  database?: { commits: number; walKiB: number; storedKiB: number };
};

/** Callbacks at a fixed rate. Times in ms. */
export type Steady = {
  rate: number;
  callbacks: number;
  answer: { p50: number; p99: number };
  /** From the answer until the callback was done. */
  done: { p50: number; p99: number };
};

/** The medians of some workflows. `writes`: see `measure/history.ts`. */
export type History = { events: number; actions: number; writes: number; bytes: number; runs: number };

export type Measurement = {
  round: number;
  engine: Engine;
  pairs: number;
  burst: Burst;
  /** Absent where a callback takes too long for a rate. */
  steady?: Steady;
  /** Absent without Temporal. */
  history?: History;
};

export type ContenderResults = {
  name: string;
  label: string;
  /** What is true of it besides its speed. */
  meaning: string;
  /** Why it did not run on an engine, and what to do. */
  notRun: { engine: Engine; why: string }[];
  measurements: Measurement[];
  /** What was left undone, or went wrong. A contender with any proves nothing. */
  faults: { round: number; engine: Engine; pairs: number; fault: string }[];
};

/** What `callbacks.json` holds. */
export type Results = {
  /** ISO 8601. */
  date: string;
  rounds: number;
  /** How long a burst was meant to take, in seconds. */
  seconds: number;
  /** How long the whole run took, in minutes. */
  minutes: number;
  historyShards: number;
  machine: Machine;
  contenders: ContenderResults[];
};
