import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import type { FailureInfo } from './contract.ts';

/** What is left of an activity's failure once it is closed: enough to decide, and to tell a person. */
export type ClosedFailure = FailureInfo & {
  /** Tries of this activity, from the details that every side effect puts into its failure. */
  attempts: number;
  retryable: boolean;
};

/** Reads a closed activity's failure. Anything else is a bug of the workflow's and is thrown on. */
export function readFailure(error: unknown): ClosedFailure {
  if (!(error instanceof ActivityFailure)) throw error;
  const { cause } = error;
  if (cause instanceof ApplicationFailure) {
    const [details] = (cause.details ?? []) as [{ attempt?: number }?];
    return {
      type: cause.type ?? 'Error',
      message: cause.message,
      attempts: details?.attempt ?? 1,
      retryable: !cause.nonRetryable,
    };
  }
  if (cause instanceof TimeoutFailure) {
    return { type: 'Timeout', message: 'no answer in time', attempts: 1, retryable: true };
  }
  return {
    type: cause?.name ?? 'Error',
    message: cause?.message ?? error.message,
    attempts: 1,
    retryable: true,
  };
}
