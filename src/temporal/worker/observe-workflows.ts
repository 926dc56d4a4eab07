import type { InjectedSinks } from '@temporalio/worker';
import type { DeliverySinks } from '../../../workflows/interceptors.ts';
import { spanIdOfRun } from '../../../workflows/trace-header.ts';
import type { Observers } from './observe-activities.ts';

/** Where a workflow's run tells how it ended. Runs that continue as new are one delivery. */
export function observeWorkflows(observers: Observers | undefined): InjectedSinks<DeliverySinks> {
  return {
    deliveries: {
      ended: {
        callDuringReplay: false,
        fn({ workflowId, workflowType, runId, startTime }, { result, receivedAt, trace }) {
          if (result !== 'continued') observers?.metrics.deliveryEnded(result, Date.now() - receivedAt);
          if (!trace) return;
          const span = observers?.tracing?.start(`workflow ${workflowType}`, {
            ...{ parent: trace, spanId: spanIdOfRun(runId), startedAt: startTime.getTime() },
            attributes: { 'temporal.workflow_id': workflowId, 'temporal.run_id': runId },
          });
          span?.end({ 'unfriend.result': result }, result === 'failed' ? 'SideEffectsAbandoned' : undefined);
        },
      },
    },
  };
}
