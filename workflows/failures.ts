import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TimeoutFailure,
} from '@temporalio/common';
import { type FailureDetails, type FailureInfo, type Outcome, TIMEOUT_TYPE } from './contract.ts';

/** What is left of an activity's failure once it is closed: enough to decide, and to tell a person. */
export type ClosedFailure = FailureInfo & {
  /** Tries of this activity, from the details that every side effect puts into its failure. */
  attempts: number;
  retryable: boolean;
};

/** What became of a unit. Undefined: the activity was cancelled before it was done. */
export type UnitResult = 'done' | ClosedFailure | undefined;

/**
 * What an activity told of its pairs, what holds for a unit of which it told nothing, and in how many ms that is to
 * be tried again where it ended with tries left.
 */
export type ClosedActivity = { outcomes: unknown; rest: UnitResult; again?: number };

/**
 * Reads a closed activity's failure. Anything else is a bug of the workflow's and is thrown on.
 *
 * @param maximumAttempts of the activity; a timeout does not tell which attempt it was
 */
export function readFailure(error: unknown, maximumAttempts = 1): ClosedActivity {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof CancelledFailure)
    return { outcomes: readDetails(cause.details).outcomes, rest: undefined };
  if (!(error instanceof ActivityFailure)) throw error;
  if (cause instanceof ApplicationFailure) {
    const { attempts, ...told } = readDetails(cause.details);
    const { type, message, nonRetryable } = cause;
    const retryable = !nonRetryable || told.again !== undefined;
    return { ...told, rest: { type: type ?? 'Error', message, attempts, retryable } };
  }
  const attempts = error.retryState === RetryState.MAXIMUM_ATTEMPTS_REACHED ? maximumAttempts : 1;
  if (cause instanceof TimeoutFailure) {
    const rest = { type: TIMEOUT_TYPE, message: 'no answer in time', attempts, retryable: true };
    return { outcomes: cause.lastHeartbeatDetails, rest };
  }
  const { name, message }: Error = error.cause ?? error;
  return { outcomes: undefined, rest: { type: name, message, attempts, retryable: true } };
}

/**
 * What became of each unit of a closed activity.
 *
 * @param sizes how many pairs each unit has, in the order of the activity's input
 */
export function resultsOf({ outcomes, rest }: ClosedActivity, sizes: readonly number[]): UnitResult[] {
  const known: (Outcome | null | undefined)[] = Array.isArray(outcomes) ? outcomes : [];
  let next = 0;
  return sizes.map((size) => {
    const own = known.slice(next, next + size);
    next += size;
    const failed = own.find((outcome) => outcome?.status === 'failed');
    if (failed) return { ...failed.error, attempts: failed.attempt, retryable: false };
    const isDone = own.length === size && own.every((outcome) => outcome?.status === 'done');
    return isDone ? 'done' : rest;
  });
}

/** The server's own details, such as those of an activity cancelled before it started, tell nothing. */
function readDetails(details: unknown[] | null | undefined) {
  const [own] = (details ?? []) as [Partial<FailureDetails>?];
  return {
    ...{ outcomes: own?.outcomes as unknown, attempts: own?.attempt ?? 1 },
    ...(own?.again !== undefined && { again: own.again }),
  };
}
