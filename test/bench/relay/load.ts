import type { Cleanup } from '../../support/cleanup.ts';
import { LoadGenerator } from '../load/process.ts';

/** Answers are counted only after this, in ms: by then every connection is up. */
export const LEAD_IN_MS = 1_000;

/** Callbacks of one command. */
export type RelayJob = {
  url: string;
  command: string;
  connections: number;
  /** Callbacks per second, however late the answers are. Absent: each connection sends its next at the answer. */
  rate?: number;
  seconds: number;
};

/** Times are in ms, from the moment at which a callback was due. The lead-in is in none of these figures. */
export type RelayLoad = {
  answersPerSecond: number;
  p50: number;
  p99: number;
  /** The endpoint's own answers, byte for byte. */
  endpoint: number;
  /** `OK` with a delivery id. */
  unfriend: number;
  /** 504 without a body. */
  nobody: number;
  other: number;
  /** What some of those in `other` were. */
  examples: string[];
};

export type RelayGenerator = LoadGenerator<RelayJob, RelayLoad>;

export function startRelayGenerator(cleanup: Cleanup): RelayGenerator {
  return new LoadGenerator<RelayJob, RelayLoad>(cleanup, new URL('load-child.ts', import.meta.url));
}
