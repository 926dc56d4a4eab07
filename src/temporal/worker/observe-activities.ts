import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { FailureDetails, PairOutcome, SideEffectInput } from '../../../workflows/contract.ts';
import { readTrace } from '../../../workflows/trace-header.ts';
import type { LastAttempts } from '../../telemetry/last-attempts.ts';
import { errorType, type Span, type Tracing } from '../../telemetry/tracing.ts';
import type { WorkerMetrics } from '../../telemetry/worker-metrics.ts';

/** What became of each pair so far; null: not done. */
type Outcomes = readonly (PairOutcome | null)[];

/** How an attempt ended; `rest`: what that makes of pairs without an outcome. */
type Ended = { outcomes: Outcomes; rest?: { result: 'failed' | 'retried' | 'cancelled'; type: string } };

/** Who looks at what a worker does. */
export type Observers = {
  metrics: WorkerMetrics;
  lastAttempts?: LastAttempts;
  tracing?: Tracing | undefined;
};

/** Counts, times and traces every attempt of a side effect. */
export function observeActivities({
  metrics,
  lastAttempts,
  tracing,
}: Observers): ActivityInterceptorsFactory {
  return () => ({
    inbound: {
      async execute(input, next) {
        const [sideEffectInput] = input.args as [SideEffectInput];
        const { activityType, heartbeatDetails } = activityInfo();
        const earlier = asOutcomes(heartbeatDetails, sideEffectInput.pairs.length);
        const span = tracing?.start(activityType, aboutSpan(sideEffectInput, readTrace(input.headers)));
        const startedAt = performance.now();
        const end = (ended: Ended) => {
          metrics.attempted(activityType, performance.now() - startedAt);
          lastAttempts?.note(activityType, failureOf(ended));
          countPairs(metrics, activityType, { ended, earlier });
          endSpan(span, ended);
        };
        try {
          const outcomes = await next(input);
          end({ outcomes: outcomes as Outcomes });
          return outcomes;
        } catch (error) {
          end(readFailure(error, sideEffectInput.pairs.length));
          throw error;
        }
      },
    },
  });
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

function endSpan(span: Span | undefined, ended: Ended): void {
  const done = ended.outcomes.filter((outcome) => outcome?.status === 'done').length;
  span?.end({ 'unfriend.pairs_done': done }, failureOf(ended));
}

/** The failure's type, where anything failed. */
function failureOf({ outcomes, rest }: Ended): string | undefined {
  const failed = outcomes.find((outcome) => outcome?.status === 'failed');
  return rest?.type ?? failed?.error.type;
}

/** What an attempt of a batch got done before is not counted again. */
function countPairs(
  metrics: WorkerMetrics,
  sideEffect: string,
  { ended: { outcomes, rest }, earlier }: { ended: Ended; earlier: Outcomes },
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

function readFailure(error: unknown, pairs: number): Ended {
  const details = detailsOf(error);
  const outcomes = asOutcomes(details?.outcomes, pairs);
  const type = errorType(error);
  if (error instanceof CancelledFailure)
    return { outcomes, rest: { result: 'cancelled', type: 'Cancelled' } };
  const isPermanent = error instanceof ApplicationFailure && error.nonRetryable;
  // The rest of a batch that ended only to tell of what it did is retried by another activity.
  const isFinal = details?.again === undefined && (isPermanent || wasLastAttempt());
  return { outcomes, rest: { result: isFinal ? 'failed' : 'retried', type } };
}

/** The first pass tries once, and what fails in it is retried by another activity. */
function wasLastAttempt(): boolean {
  const { attempt, retryPolicy } = activityInfo();
  return attempt > 1 && attempt >= (retryPolicy?.maximumAttempts ?? Number.POSITIVE_INFINITY);
}

function detailsOf(error: unknown): FailureDetails | undefined {
  const isKnown = error instanceof ApplicationFailure || error instanceof CancelledFailure;
  return isKnown ? ((error.details ?? [])[0] as FailureDetails | undefined) : undefined;
}

/** As heartbeats and failures carry them; anything else tells of nothing done. */
function asOutcomes(told: unknown, pairs: number): Outcomes {
  return Array.isArray(told) && told.length === pairs ? (told as Outcomes) : Array(pairs).fill(null);
}
