import type { InjectedSinks } from '@temporalio/worker';
import { readWorkflowId } from '../../../workflows/contract.ts';
import type { DeliverySinks } from '../../../workflows/delivery/report.ts';
import { spanIdOfRun } from '../../../workflows/trace-header.ts';
import type { Observers } from './observe-activities.ts';

/** Where a workflow reports what has happened to its delivery. Runs that continue as new are one delivery. */
export function observeWorkflows(observers: Observers | undefined): InjectedSinks<DeliverySinks> {
  const logger = observers?.logger;
  return {
    deliveries: {
      sideEffectDone: {
        callDuringReplay: false,
        fn({ workflowId }, { sideEffect, pairs, befriended = 0, dismissed, receivedAt }) {
          const ms = millisecondsSince(receivedAt);
          const skipped = { ...(befriended > 0 && { befriended }), ...(dismissed > 0 && { dismissed }) };
          const about = { ...idsOf(workflowId), sideEffect, pairs, ...skipped, ms };
          logger?.info(about, 'side effect done');
        },
      },
      sideEffectParked: {
        callDuringReplay: false,
        fn({ workflowId }, { sideEffect, error }) {
          const about = { ...idsOf(workflowId), sideEffect, type: error?.type, reason: error?.message };
          logger?.error(about, 'side effect parked, waits for a person');
        },
      },
      ended: {
        callDuringReplay: false,
        fn({ workflowId, workflowType, runId, startTime }, { result, receivedAt, pairs, trace }) {
          if (result !== 'continued') {
            const ms = millisecondsSince(receivedAt);
            const ids = idsOf(workflowId);
            // The callback of a redo can be days old: that is no delay of a delivery.
            if (ids.redo === undefined) observers?.metrics.deliveryEnded(result, ms);
            if (result === 'done') logger?.info({ ...ids, pairs, ms }, 'delivery done');
            else logger?.error({ ...ids, ms }, 'delivery ended with side effects undone');
          }
          if (!trace) return;
          const span = observers?.tracing?.start(`workflow ${workflowType}`, {
            parent: trace,
            spanId: spanIdOfRun(runId),
            startedAt: startTime.getTime(),
            attributes: { 'temporal.workflow_id': workflowId, 'temporal.run_id': runId },
          });
          span?.end({ 'unfriend.result': result }, result === 'failed' ? 'SideEffectsAbandoned' : undefined);
        },
      },
    },
  };
}

/** What a log line says of the workflow. */
function idsOf(workflowId: string): { deliveryId: string; redo?: number } {
  const { deliveryId, redo } = readWorkflowId(workflowId);
  return { deliveryId, ...(redo > 0 && { redo }) };
}

/** The clock of another machine, which acknowledged the callback, can be ahead of this one. */
function millisecondsSince(receivedAt: number): number {
  return Math.max(0, Date.now() - receivedAt);
}
