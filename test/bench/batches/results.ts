import type { Machine } from '../machine.ts';

/** One way to do a delivery, and what it took. */
export type WayResult = {
  name: 'batches' | 'single';
  label: string;
  /** From asking Temporal to start the workflow until its result was there. */
  seconds: number;
  /** Over all runs of the workflow, as are `activities` and `failures`. */
  events: number;
  runs: number;
  activities: number;
  /** Activities that did not succeed: failed, timed out or cancelled. */
  failures: number;
  /** The one-minute load average as it began: well above what the run before left, others were at work. */
  loadBefore: number;
  /** What was left undone, or done that should not be. */
  faults: string[];
};

/** What `batches.json` holds. */
export type BatchResults = {
  /** ISO 8601. */
  date: string;
  friends: number;
  pairs: number;
  machine: Machine;
  ways: WayResult[];
};
