import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { KNOWN_FAILURE_TYPES } from '../../../activities/failure-types.ts';
import type {
  FailureDetails,
  FailureInfo,
  PairOutcome,
  SideEffectInput,
} from '../../../workflows/contract.ts';
import { readTrace } from '../../../workflows/trace-header.ts';
import type { LastAttempts } from '../../telemetry/last-attempts.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { LoggedAttempt, SideEffectLog } from '../../telemetry/side-effect-log.ts';
import { errorType, type Span, type Tracing } from '../../telemetry/tracing.ts';
import type { WorkerMetrics } from '../../telemetry/worker-metrics.ts';

/** The outcome of each pair so far. null: not done. */
type Outcomes = readonly (PairOutcome | null)[];

/** How an attempt ended. `rest`: how the pairs without an outcome are counted, when the attempt threw `error`. */
type AttemptEnd = {
  outcomes: Outcomes;
  rest?: { result: 'failed' | 'retried' | 'cancelled'; type: string; error: unknown };
};

/** What a worker reports to. */
export type Observers = {
  metrics: WorkerMetrics;
  logger?: Logger;
  sideEffectLog?: SideEffectLog;
  lastAttempts?: LastAttempts;
  tracing?: Tracing | undefined;
};

/** Counts, times, traces and logs every attempt of a side effect. */
export function observeActivities({
  metrics,
  lastAttempts,
  sideEffectLog,
  tracing,
}: Observers): ActivityInterceptorsFactory {
  return () => ({
    inbound: {
      async execute(input, next) {
        const [sideEffectInput] = input.args as [SideEffectInput];
        // The activity of reconcileFriends is no side effect, and reports for itself.
        if (!sideEffectInput.delivery) return next(input);
        const { activityType, attempt, heartbeatDetails } = activityInfo();
        const earlier = asOutcomes(heartbeatDetails, countOutcomesOf(sideEffectInput));
        const span = tracing?.start(activityType, aboutSpan(sideEffectInput, readTrace(input.headers)));
        const startedAt = performance.now();
        const report = (ended: AttemptEnd) => {
          const ms = performance.now() - startedAt;
          metrics.attempted(activityType, ms);
          lastAttempts?.note(activityType, failureType(ended));
          countPairs(metrics, activityType, { ended, earlier });
          endSpan(span, ended);
          sideEffectLog?.attemptEnded({
            deliveryId: sideEffectInput.delivery.deliveryId,
            sideEffect: activityType,
            pairs: sideEffectInput.pairs.length,
            attempt,
            ms: Math.round(ms),
            outcome: countOutcomes(ended.outcomes),
            ...describeFailure(ended),
          });
        };
        try {
          const outcomes = await next(input);
          report({ outcomes: outcomes as Outcomes });
          return outcomes;
        } catch (error) {
          report(readFailure(error, countOutcomesOf(sideEffectInput)));
          throw error;
        }
      },
    },
  });
}

/** One per pair, or the one of the callback. */
function countOutcomesOf({ pairs, callback }: SideEffectInput): number {
  return callback ? 1 : pairs.length;
}

function aboutSpan({ delivery, pairs }: SideEffectInput, parent: string | undefined) {
  const { attempt, activityId, workflowExecution } = activityInfo();
  const attributes = {
    'unfriend.delivery_id': delivery.deliveryId,
    'unfriend.pairs': pairs.length,
    'unfriend.attempt': attempt,
    'temporal.activity_id': activityId,
    ...(workflowExecution && { 'temporal.workflow_id': workflowExecution.workflowId }),
  };
  return { parent, attributes };
}

function endSpan(span: Span | undefined, ended: AttemptEnd): void {
  const done = ended.outcomes.filter((outcome) => outcome?.status === 'done').length;
  span?.end({ 'unfriend.pairs_done': done }, failureType(ended));
}

/** Undefined when nothing failed. */
function failureType({ outcomes, rest }: AttemptEnd): string | undefined {
  return rest?.type ?? firstFailed(outcomes)?.type;
}

function firstFailed(outcomes: Outcomes): FailureInfo | undefined {
  for (const outcome of outcomes) if (outcome?.status === 'failed') return outcome.error;
  return undefined;
}

/** A person or a shutdown cancels an attempt, so a cancellation is no failure. */
function describeFailure({ outcomes, rest }: AttemptEnd): Pick<LoggedAttempt, 'failure'> {
  if (rest?.result === 'cancelled') return {};
  const failed = firstFailed(outcomes);
  if (!rest) return failed ? { failure: { type: failed.type, reason: failed.message } } : {};
  const { type, error } = rest;
  const reason = error instanceof Error ? error.message : String(error);
  // Any other type is an error in the side effect's own code, which only its stack explains.
  return { failure: { type, reason, ...(!KNOWN_FAILURE_TYPES.includes(type) && { err: error }) } };
}

/** `{ deleted: 2, absent: 1 }` */
function countOutcomes(outcomes: Outcomes): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const word = outcome ? (outcome.status === 'done' ? outcome.detail : outcome.status) : 'not done';
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}

/** An earlier attempt of the activity has counted the outcomes that it had already. */
function countPairs(
  metrics: WorkerMetrics,
  sideEffect: string,
  { ended: { outcomes, rest }, earlier }: { ended: AttemptEnd; earlier: Outcomes },
): void {
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome?.status === 'done' && !earlier[index])
      metrics.countPairs(sideEffect, { result: 'done', detail: outcome.detail, count: 1 });
    else if (outcome?.status === 'failed' && !earlier[index])
      metrics.countPairs(sideEffect, { result: 'failed', detail: outcome.error.type, count: 1 });
  }
  if (!rest) return;
  const count = outcomes.filter((outcome) => outcome === null).length;
  metrics.countPairs(sideEffect, { result: rest.result, detail: rest.type, count });
}

function readFailure(error: unknown, total: number): AttemptEnd {
  const details = detailsOf(error);
  const outcomes = asOutcomes(details?.outcomes, total);
  const type = errorType(error);
  if (error instanceof CancelledFailure)
    return { outcomes, rest: { result: 'cancelled', type: 'Cancelled', error } };
  const isPermanent = error instanceof ApplicationFailure && error.nonRetryable;
  // `again`: the activity closed only to report what it did. Another activity retries the rest of the batch.
  const isFinal = details?.again === undefined && (isPermanent || wasLastAttempt());
  return { outcomes, rest: { result: isFinal ? 'failed' : 'retried', type, error } };
}

/** The first pass tries once. Another activity retries what failed in it. */
function wasLastAttempt(): boolean {
  const { attempt, retryPolicy } = activityInfo();
  return attempt > 1 && attempt >= (retryPolicy?.maximumAttempts ?? Number.POSITIVE_INFINITY);
}

function detailsOf(error: unknown): FailureDetails | undefined {
  const isKnown = error instanceof ApplicationFailure || error instanceof CancelledFailure;
  return isKnown ? ((error.details ?? [])[0] as FailureDetails | undefined) : undefined;
}

/** Reads the outcomes in a heartbeat or a failure. Anything else means that nothing is done. */
function asOutcomes(reported: unknown, total: number): Outcomes {
  const isComplete = Array.isArray(reported) && reported.length === total;
  return isComplete ? (reported as Outcomes) : Array(total).fill(null);
}
