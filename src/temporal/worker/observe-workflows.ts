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
          const { deliveryId } = readWorkflowId(workflowId);
          const ms = millisecondsSince(receivedAt);
          const skipped = { ...(befriended > 0 && { befriended }), ...(dismissed > 0 && { dismissed }) };
          const about = { deliveryId, sideEffect, pairs, ...skipped, ms };
          logger?.info(about, 'side effect done');
        },
      },
      sideEffectParked: {
        callDuringReplay: false,
        fn({ workflowId }, { sideEffect, error }) {
          const { deliveryId } = readWorkflowId(workflowId);
          const about = { deliveryId, sideEffect, type: error?.type, reason: error?.message };
          logger?.error(about, 'side effect parked, waits for a person');
        },
      },
      ended: {
        callDuringReplay: false,
        fn({ workflowId, workflowType, runId, startTime }, { result, receivedAt, pairs, trace }) {
          if (result !== 'continued') {
            const ms = millisecondsSince(receivedAt);
            observers?.metrics.deliveryEnded(result, ms);
            const { deliveryId } = readWorkflowId(workflowId);
            if (result === 'done') logger?.info({ deliveryId, pairs, ms }, 'delivery done');
            else logger?.error({ deliveryId, ms }, 'delivery ended with side effects undone');
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

/** The clock of another machine, which acknowledged the callback, can be ahead of this one. */
function millisecondsSince(receivedAt: number): number {
  return Math.max(0, Date.now() - receivedAt);
}
