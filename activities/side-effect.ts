import { activityInfo, log } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Outcome, Pair, SideEffect, SideEffectInput } from '../workflows/contract.ts';

/**
 * The same for every try of the same thing: from the delivery, the side effect and the pair (for messages:
 * recipient and part), never from the attempt or the run. A backend that has seen a key need not act again.
 */
export function idempotencyKey(sideEffect: string, input: SideEffectInput, pair?: Pair): string {
  const { delivery, message } = input;
  const what = message ? [message.recipient, message.part] : [pair?.from, pair?.to];
  return [
    delivery.sdkAppId,
    delivery.deliveryId,
    sideEffect,
    ...what.map((part) => encodeURIComponent(part ?? '')),
  ].join('/');
}

/**
 * Makes an activity of a side effect: logs its outcome, and makes every error one that the workflow can read:
 * `type` says what kind of failure it was, `details` which attempt it was (a closed activity does not tell).
 */
export function asActivity(name: string, run: SideEffect): SideEffect {
  return async (input) => {
    const about = { sideEffect: name, deliveryId: input.delivery.deliveryId, pairs: input.pairs.length };
    try {
      const outcomes = await run(input);
      log.info('side effect done', { ...about, outcome: countOutcomes(outcomes) });
      return outcomes;
    } catch (error) {
      if (error instanceof CancelledFailure) throw error;
      const failure = asFailure(error);
      const { type, nonRetryable } = failure;
      log.warn('side effect failed', { ...about, type, retryable: !nonRetryable, error: failure.message });
      throw failure;
    }
  };
}

function asFailure(error: unknown): ApplicationFailure {
  const details = [{ attempt: activityInfo().attempt }];
  if (error instanceof ApplicationFailure) {
    const { message, type, nonRetryable, nextRetryDelay, cause } = error;
    return ApplicationFailure.create({
      message,
      details,
      ...(type && { type }),
      ...(nonRetryable && { nonRetryable }),
      ...(nextRetryDelay && { nextRetryDelay }),
      ...(cause && { cause }),
    });
  }
  const cause = error instanceof Error ? error : new Error(String(error));
  return ApplicationFailure.create({ message: cause.message, type: cause.name, details, cause });
}

/** `{ deleted: 2, absent: 1 }` */
function countOutcomes(outcomes: Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { detail } of outcomes) counts[detail] = (counts[detail] ?? 0) + 1;
  return counts;
}
