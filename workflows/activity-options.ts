import {
  ActivityCancellationType,
  type ActivityOptions,
  type LocalActivityOptions,
  type Priority,
  type RetryPolicy,
} from '@temporalio/common';

/** How long activities may take and how they are retried. No other file says anything about that. */

export const FIRST_INTERVAL_MS = 1_000;
/** This is also how long after the recovery of a backend its retries come at the latest. */
const MAX_INTERVAL_MS = 30_000;
const BACKOFF = 2;

/** No schedule-to-close timeout: time in a queue without workers must not use up the time for retries. */
const ONE_UNIT: ActivityOptions = {
  startToCloseTimeout: '30 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};

/** Temporal's default is 3. A worker that has a free slot takes what has a lower number first. */
const AFTER_SMALL_DELIVERIES: Priority = { priorityKey: 4 };

/** Long enough for many units one after another. Missing heartbeats show much sooner that the worker is gone. */
const BATCH: ActivityOptions = {
  ...ONE_UNIT,
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10 seconds',
  priority: AFTER_SMALL_DELIVERIES,
};

/**
 * Both together are well within the 10 seconds of a workflow task. A backend that hangs occupies the worker's slot for
 * workflow tasks no longer than that. A local activity that the worker has no room for becomes an activity soon.
 */
const LOCAL: LocalActivityOptions = {
  scheduleToStartTimeout: '3 seconds',
  startToCloseTimeout: '5 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};

/**
 * The first pass tries only once. The workflow does not see the server's retries until the activity closes, and it
 * shall show a failure soon.
 *
 * @param units how many pairs or messages the activity does
 */
export function firstPass(units: number): ActivityOptions {
  return { ...timeouts(units), retry: { maximumAttempts: 1 } };
}

/** The first pass by local activities. Whatever fails in it has an activity of its own. */
export function localFirstPass(): LocalActivityOptions {
  return { ...LOCAL, retry: { maximumAttempts: 1 } };
}

/**
 * Checks of friendships go on for as long as the vendor or the index is away: nobody waits for them, and the Temporal UI
 * shows why. One activity works for about half a minute.
 */
export const CHECK_FRIENDSHIPS: ActivityOptions = {
  ...BATCH,
  // The counts of what an attempt did after its last heartbeat are lost, so a busy machine gets more time.
  heartbeatTimeout: '30 seconds',
  retry: {
    initialInterval: FIRST_INTERVAL_MS,
    backoffCoefficient: BACKOFF,
    maximumInterval: MAX_INTERVAL_MS,
  },
};

/** The server retries, so the Temporal UI shows the back-off, and a person can end it. */
export function retryPass(units: number, retryFor: number): ActivityOptions {
  return { ...timeouts(units), retry: retryPolicy(retryFor) };
}

/** How long the server waits after an attempt, in ms. Attempts count from 1. */
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
