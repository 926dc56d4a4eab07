import { ActivityCancellationType, type ActivityOptions, type RetryPolicy } from '@temporalio/common';

/** The only place that says how long activities may take and how they are retried. */

export const FIRST_INTERVAL_MS = 1_000;
/** Also how long after a backend's recovery its retries come at the latest. */
const MAX_INTERVAL_MS = 30_000;
const BACKOFF = 2;

/** No schedule-to-close: time spent in a queue without workers must not use up anybody's retries. */
const ONE_UNIT: ActivityOptions = {
  startToCloseTimeout: '30 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};

/** Long enough for many units in turn; heartbeats tell sooner that their worker is gone. */
const BATCH: ActivityOptions = {
  ...ONE_UNIT,
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10 seconds',
};

/**
 * The first pass tries once: the workflow sees nothing of the server's retries until an activity closes,
 * so only so does it learn of a failure soon enough to show it.
 *
 * @param units how many pairs or messages the activity is about
 */
export function firstPass(units: number): ActivityOptions {
  return { ...timeouts(units), retry: { maximumAttempts: 1 } };
}

/** Retries on the server, where operators see them wait and can hurry them. */
export function retryPass(units: number, retryFor: number): ActivityOptions {
  return { ...timeouts(units), retry: retryPolicy(retryFor) };
}

/** How long the server waits after an attempt, counted from 1, in ms. */
export function backoffAfter(attempt: number): number {
  return Math.min(FIRST_INTERVAL_MS * BACKOFF ** (attempt - 1), MAX_INTERVAL_MS);
}

/** As many attempts as fit into `retryFor` ms of back-off, at least one. */
export function retryPolicy(retryFor: number): RetryPolicy & { maximumAttempts: number } {
  let attempts = 1;
  for (let waited = 0, interval = FIRST_INTERVAL_MS; waited + interval <= retryFor; attempts += 1) {
    waited += interval;
    interval = Math.min(interval * BACKOFF, MAX_INTERVAL_MS);
  }
  return {
    initialInterval: FIRST_INTERVAL_MS,
    backoffCoefficient: BACKOFF,
    maximumInterval: MAX_INTERVAL_MS,
    maximumAttempts: attempts,
  };
}

function timeouts(units: number): ActivityOptions {
  return units > 1 ? BATCH : ONE_UNIT;
}
