import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import {
  BEFRIENDED,
  type FailureDetails,
  type FailureInfo,
  NO_ANSWER_IN_TIME,
  type PairOutcome,
  TIMEOUT_TYPE,
} from '../contract.ts';

/** Why a local activity was not tried: a worker that is full does not begin it in time. No other activity has this. */
const NO_ROOM = 'the worker had no room to try it at once';

/** Why a unit failed in an activity that is closed. */
export type UnitFailure = FailureInfo & {
  /** How many attempts of this activity failed. 0: it never began. */
  attempts: number;
  retryable: boolean;
};

/** Undefined: the activity was cancelled before it did the unit, so the status of the unit does not change. */
export type UnitResult = 'done' | 'befriended' | UnitFailure | undefined;

/** How an activity closed. */
export type ActivityResult = {
  /** One outcome per pair, or the one of the callback, if the activity reported them. */
  outcomes: unknown;
  /** The result of each unit whose pairs have no outcome. */
  withoutOutcome: UnitResult;
  /** The activity closed only to report progress: the rest shall be tried again in this many ms. */
  again?: number;
};

/**
 * Reads the failure of a closed activity.
 *
 * @param maximumAttempts of the activity, because a timeout does not say in which attempt it happened
 * @throws every other error: it is a bug of the workflow
 */
export function readActivityFailure(error: unknown, maximumAttempts = 1): ActivityResult {
  // The SDK throws the failure of a local activity as it is, and that of an activity within an `ActivityFailure`.
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof CancelledFailure)
    return { outcomes: readDetails(cause.details).outcomes, withoutOutcome: undefined };
  if (cause instanceof ApplicationFailure) {
    const { attempts, ...details } = readDetails(cause.details);
    const { type, message, nonRetryable } = cause;
    const retryable = !nonRetryable || details.again !== undefined;
    return { ...details, withoutOutcome: { type: type ?? 'Error', message, attempts, retryable } };
  }
  if (!(error instanceof ActivityFailure)) throw error;
  const attempts = error.retryState === RetryState.MAXIMUM_ATTEMPTS_REACHED ? maximumAttempts : 1;
  if (cause instanceof TimeoutFailure) {
    const isTried = cause.timeoutType !== TimeoutType.SCHEDULE_TO_START;
    const withoutOutcome = {
      type: TIMEOUT_TYPE,
      message: isTried ? NO_ANSWER_IN_TIME : NO_ROOM,
      attempts: isTried ? attempts : 0,
      retryable: true,
    };
    return { outcomes: cause.lastHeartbeatDetails, withoutOutcome };
  }
  const { name, message }: Error = error.cause ?? error;
  return { outcomes: undefined, withoutOutcome: { type: name, message, attempts, retryable: true } };
}

/**
 * The result of each unit of a closed activity.
 *
 * @param sizes how many outcomes each unit has, in the order of the activity's input
 */
export function resultsOfUnits(
  { outcomes, withoutOutcome }: ActivityResult,
  sizes: readonly number[],
): UnitResult[] {
  const reported: (PairOutcome | null | undefined)[] = Array.isArray(outcomes) ? outcomes : [];
  let next = 0;
  return sizes.map((size) => {
    const own = reported.slice(next, next + size);
    next += size;
    const failed = own.find((outcome) => outcome?.status === 'failed');
    if (failed) return { ...failed.error, attempts: failed.attempt, retryable: false };
    const done = own.flatMap((outcome) => (outcome?.status === 'done' ? outcome.detail : []));
    if (done.length < size) return withoutOutcome;
    return size > 0 && done.every((detail) => detail === BEFRIENDED) ? 'befriended' : 'done';
  });
}

/** Details that the server wrote, such as those of an activity cancelled before its start, contain none of these. */
function readDetails(details: unknown[] | null | undefined) {
  const [own] = (details ?? []) as [Partial<FailureDetails>?];
  return {
    outcomes: own?.outcomes as unknown,
    attempts: own?.attempt ?? 1,
    ...(own?.again !== undefined && { again: own.again }),
  };
}
