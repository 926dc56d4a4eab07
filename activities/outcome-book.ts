import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { backoffAfter } from '../workflows/activity-options.ts';
import type { FailureDetails, FailureInfo, Outcome } from '../workflows/contract.ts';
import { BackendError } from './backends/backend.ts';

/** An outcome goes with every heartbeat, once a pair. */
const MAX_MESSAGE_LENGTH = 300;

/**
 * Why an activity can be ended from outside and be wanted all the same, with the failure's type. Any other
 * reason is a cancellation.
 */
export const INTERRUPTIONS: Record<string, FailureInfo> = {
  WORKER_SHUTDOWN: { type: 'WorkerShutdown', message: 'the worker is shutting down' },
  PAUSED: { type: 'ActivityPause', message: 'paused by an operator' },
  RESET: { type: 'ActivityReset', message: 'reset by an operator' },
};

/** Why a try failed, whatever was thrown. */
type Fault = FailureInfo & { retryable: boolean; retryAfter?: number; cause?: unknown };

/** What became of each pair of an activity, over all its attempts. */
export class OutcomeBook {
  readonly outcomes: (Outcome | null)[];
  readonly #attempt: number;
  readonly #isBatch: boolean;
  /** The first of this attempt that another one may mend. */
  #retryable: Fault | undefined;
  #permanent: Fault | undefined;
  #retryAfter = 0;

  /**
   * @param about `units`: how many pairs or messages the activity is about
   * @param earlier what the attempt before had reached, as its last heartbeat told
   */
  constructor(about: { pairs: number; units: number; attempt: number }, earlier: unknown) {
    const isKnown = Array.isArray(earlier) && earlier.length === about.pairs;
    this.outcomes = isKnown ? [...earlier] : Array(about.pairs).fill(null);
    this.#attempt = about.attempt;
    this.#isBatch = about.units > 1;
  }

  done(pairs: readonly number[], detail: string): void {
    for (const pair of pairs) this.outcomes[pair] = { status: 'done', detail };
  }

  /** @returns whether another try may help */
  fail(pairs: readonly number[], error: unknown): boolean {
    const fault = readFault(error);
    if (fault.retryable) {
      this.#retryable ??= fault;
      this.#retryAfter = Math.max(this.#retryAfter, fault.retryAfter ?? 0);
      return true;
    }
    this.#permanent ??= fault;
    const { type, message } = fault;
    const outcome: Outcome = {
      ...{ status: 'failed', attempt: this.#attempt },
      error: { type, message: message.slice(0, MAX_MESSAGE_LENGTH) },
    };
    for (const pair of pairs) this.outcomes[pair] = outcome;
    return false;
  }

  /**
   * The outcome a pair, if all is told; also when it was cancelled meanwhile.
   *
   * @throws ApplicationFailure when some are not done, or the only one cannot be
   * @throws CancelledFailure when some are not done because it was cancelled
   */
  close({ aborted, reason }: AbortSignal): Outcome[] {
    // What was under way as the signal came failed for the signal alone.
    if (aborted && this.outcomes.includes(null)) throw this.#interrupted(reason);
    const fault = this.#retryable ?? (this.#isBatch ? undefined : this.#permanent);
    // Only an activity that ends tells the workflow what is done: else nobody knew once its back-off is cancelled.
    const tellsMore = this.#isBatch && fault?.retryable && this.outcomes.some((outcome) => outcome !== null);
    if (fault) throw this.#failure(fault, tellsMore ? this.#nextTry : undefined);
    return this.outcomes.filter((outcome) => outcome !== null);
  }

  #interrupted(reason: unknown): Error {
    const cancellation = reason instanceof Error ? reason.message : String(reason);
    const interruption = INTERRUPTIONS[cancellation];
    if (interruption) return this.#failure({ ...interruption, retryable: true });
    return new CancelledFailure(cancellation, [this.#details()]);
  }

  #failure({ type, message, retryable, cause }: Fault, again?: number): ApplicationFailure {
    return ApplicationFailure.create({
      ...{ type, message, nonRetryable: !retryable || again !== undefined, details: [this.#details(again)] },
      ...(this.#retryAfter > 0 && { nextRetryDelay: this.#nextTry }),
      ...(cause instanceof Error && { cause }),
    });
  }

  /** What the peer asks for takes the place of the back-off: a short one would use up the attempts before RETRY_FOR. */
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

function readFault(error: unknown): Fault {
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
