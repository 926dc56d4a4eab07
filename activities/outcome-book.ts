import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { backoffAfter } from '../workflows/activity-options.ts';
import type { FailureDetails, Outcome } from '../workflows/contract.ts';
import { BackendError } from './backends/backend.ts';

/** Why a try failed, whatever was thrown. */
type Fault = { type: string; message: string; retryable: boolean; retryAfter?: number; cause: unknown };

/** What became of each pair of an activity, over all its attempts. */
export class OutcomeBook {
  readonly outcomes: (Outcome | null)[];
  /** The first of this attempt that another one may mend. */
  #retryable: Fault | undefined;
  #permanent: Fault | undefined;
  #retryAfter = 0;

  /** @param earlier what the attempt before had reached, as its last heartbeat told */
  constructor(pairs: number, earlier: unknown) {
    const known = Array.isArray(earlier) && earlier.length === pairs ? (earlier as (Outcome | null)[]) : [];
    this.outcomes = Array.from({ length: pairs }, (_, index) => known[index] ?? null);
  }

  done(pairs: readonly number[], detail: string): void {
    for (const pair of pairs) this.outcomes[pair] = { status: 'done', detail };
  }

  /** @returns whether another try may help */
  fail(pairs: readonly number[], error: unknown): boolean {
    if (error instanceof CancelledFailure) throw error;
    const fault = readFault(error);
    if (fault.retryable) {
      this.#retryable ??= fault;
      this.#retryAfter = Math.max(this.#retryAfter, fault.retryAfter ?? 0);
      return true;
    }
    this.#permanent ??= fault;
    const { type, message } = fault;
    for (const pair of pairs) this.outcomes[pair] = { status: 'failed', error: { type, message } };
    return false;
  }

  /**
   * The outcome a pair.
   *
   * @param units how many pairs or messages the activity is about
   * @throws ApplicationFailure when some are not done, or the only one cannot be
   */
  close(units: number, attempt: number): Outcome[] {
    const fault = this.#retryable ?? (units === 1 ? this.#permanent : undefined);
    if (!fault) return this.outcomes.filter((outcome) => outcome !== null);
    const details: FailureDetails = { attempt, ...(units > 1 && { outcomes: this.outcomes }) };
    const { type, message, retryable, cause } = fault;
    throw ApplicationFailure.create({
      ...{ type, message, nonRetryable: !retryable, details: [details] },
      // It takes the place of the back-off: a short one would use up the attempts long before RETRY_FOR is over.
      ...(this.#retryAfter > 0 && { nextRetryDelay: Math.max(this.#retryAfter, backoffAfter(attempt)) }),
      ...(cause instanceof Error && { cause }),
    });
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
