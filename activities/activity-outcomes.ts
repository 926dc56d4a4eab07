import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { backoffAfter } from '../workflows/activity-options.ts';
import {
  type FailureDetails,
  type FailureInfo,
  NO_ANSWER_IN_TIME,
  type PairOutcome,
  TIMEOUT_TYPE,
} from '../workflows/contract.ts';
import { BackendError } from './backends/backend.ts';

/** Every heartbeat contains the outcome of every pair, so messages in it are bounded. */
const MAX_MESSAGE_LENGTH = 300;

/**
 * The reasons for which Temporal ends an attempt although the activity is still wanted, and the failure of each. Any
 * other reason is a cancellation.
 */
export const INTERRUPTIONS: Record<string, FailureInfo> = {
  TIMED_OUT: { type: TIMEOUT_TYPE, message: NO_ANSWER_IN_TIME },
  WORKER_SHUTDOWN: { type: 'WorkerShutdown', message: 'the worker is shutting down' },
  PAUSED: { type: 'ActivityPause', message: 'paused by an operator' },
  RESET: { type: 'ActivityReset', message: 'reset by an operator' },
};

/** Why an attempt failed, whatever was thrown. */
type AttemptFailure = FailureInfo & { retryable: boolean; retryAfter?: number; cause?: unknown };

/** The outcome of each pair of an activity, or of its callback, over all attempts of the activity. */
export class ActivityOutcomes {
  /** In the order of the pairs. null: not done yet. */
  readonly outcomes: (PairOutcome | null)[];
  readonly #attempt: number;
  readonly #isBatch: boolean;
  /** The first failure of this attempt that another attempt can mend. */
  #retryable: AttemptFailure | undefined;
  /** The first failure of this attempt that no attempt can mend. */
  #permanent: AttemptFailure | undefined;
  #retryAfter = 0;

  /**
   * @param activity `outcomes`: how many pairs it is about, or 1 for the callback; `units`: how many pairs, messages or
   * callbacks it does
   * @param earlier the outcomes in the last heartbeat of the attempt before, if there was one
   */
  constructor(activity: { outcomes: number; units: number; attempt: number }, earlier: unknown) {
    const isKnown = Array.isArray(earlier) && earlier.length === activity.outcomes;
    this.outcomes = isKnown ? [...earlier] : Array(activity.outcomes).fill(null);
    this.#attempt = activity.attempt;
    this.#isBatch = activity.units > 1;
  }

  succeed(pairs: readonly number[], detail: string): void {
    for (const pair of pairs) this.outcomes[pair] = { status: 'done', detail };
  }

  /** @returns whether another attempt can help */
  fail(pairs: readonly number[], error: unknown): boolean {
    const failure = readFailure(error);
    if (failure.retryable) {
      this.#retryable ??= failure;
      this.#retryAfter = Math.max(this.#retryAfter, failure.retryAfter ?? 0);
      return true;
    }
    this.#permanent ??= failure;
    const { type, message } = failure;
    const outcome: PairOutcome = {
      status: 'failed',
      attempt: this.#attempt,
      error: { type, message: message.slice(0, MAX_MESSAGE_LENGTH) },
    };
    for (const pair of pairs) this.outcomes[pair] = outcome;
    return false;
  }

  /**
   * Ends the attempt.
   *
   * @returns one outcome per pair, if each pair has one. That also counts when the activity was cancelled meanwhile
   * @throws ApplicationFailure when some pairs are not done, or when the only unit cannot be done
   * @throws CancelledFailure when some pairs are not done because of a cancellation
   */
  finish({ aborted, reason }: AbortSignal): PairOutcome[] {
    // Calls that were running at the abort failed because of it, so the interruption is the failure.
    if (aborted && this.outcomes.includes(null)) throw this.#interrupted(reason);
    const failure = this.#retryable ?? (this.#isBatch ? undefined : this.#permanent);
    // The workflow sees outcomes only when an activity closes. This one closes now, because a cancellation of its
    // back-off would lose them.
    const mustClose =
      this.#isBatch && failure?.retryable && this.outcomes.some((outcome) => outcome !== null);
    if (failure) throw this.#asTemporal(failure, mustClose ? this.#nextTry : undefined);
    return this.outcomes.filter((outcome) => outcome !== null);
  }

  #interrupted(reason: unknown): Error {
    const name = reason instanceof Error ? reason.message : String(reason);
    const interruption = INTERRUPTIONS[name];
    if (interruption) return this.#asTemporal({ ...interruption, retryable: true });
    return new CancelledFailure(name, [this.#details()]);
  }

  /** @param again the activity closes, and the workflow tries the rest again in this many ms */
  #asTemporal({ type, message, retryable, cause }: AttemptFailure, again?: number): ApplicationFailure {
    return ApplicationFailure.create({
      type,
      message,
      nonRetryable: !retryable || again !== undefined,
      details: [this.#details(again)],
      ...(this.#retryAfter > 0 && { nextRetryDelay: this.#nextTry }),
      ...(cause instanceof Error && { cause }),
    });
  }

  /** Never shorter than the back-off: RETRY_FOR counts on it, and short waits would use up the attempts too soon. */
  get #nextTry(): number {
    return Math.max(this.#retryAfter, backoffAfter(this.#attempt));
  }

  #details(again?: number): FailureDetails {
    return {
      attempt: this.#attempt,
      ...(this.#isBatch && { outcomes: [...this.outcomes] }),
      ...(again !== undefined && { again }),
    };
  }
}

function readFailure(error: unknown): AttemptFailure {
  if (error instanceof BackendError) {
    const { type, message, retryable, retryAfter } = error;
    return { type, message, retryable, ...(retryAfter !== undefined && { retryAfter }), cause: error.cause };
  }
  if (error instanceof ApplicationFailure) {
    const { type, message, nonRetryable, cause } = error;
    return { type: type ?? 'Error', message, retryable: !nonRetryable, cause };
  }
  const cause = error instanceof Error ? error : new Error(String(error));
  return { type: cause.name, message: cause.message, retryable: true, cause };
}
