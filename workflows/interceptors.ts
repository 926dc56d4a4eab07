/**
 * They run beside every workflow: they pass its trace on to its activities, and report how the run ended. They neither
 * add commands nor change their order, so a history replays with them and without them.
 */
import type { Headers } from '@temporalio/common';
import { ContinueAsNew, type WorkflowInterceptors, workflowInfo } from '@temporalio/workflow';
import type { DeliveryInput } from './contract.ts';
import { deliveries, type RunEnd } from './delivery/report.ts';
import { continueTrace, readTrace, TRACE_HEADER, writeTrace } from './trace-header.ts';

export function interceptors(): WorkflowInterceptors {
  let startHeaders: Headers = {};
  return {
    inbound: [
      {
        async execute(input, next) {
          startHeaders = input.headers;
          const { delivery } = (input.args[0] ?? {}) as Partial<Pick<DeliveryInput, 'delivery'>>;
          // A workflow that is no delivery reports no end of one.
          if (!delivery) return next(input);
          const report = (result: RunEnd['result'], pairs?: number) =>
            reportEnd(
              { result, receivedAt: delivery.receivedAt, ...(pairs !== undefined && { pairs }) },
              startHeaders,
            );
          try {
            const output = await next(input);
            report('done', (output as { pairs?: number } | undefined)?.pairs);
            return output;
          } catch (error) {
            report(error instanceof ContinueAsNew ? 'continued' : 'failed');
            throw error;
          }
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(passTraceOn(input, startHeaders)),
        scheduleLocalActivity: (input, next) => next(passTraceOn(input, startHeaders)),
        // The span of the next run has the same parent as the span of this run.
        continueAsNew(input, next) {
          const header = startHeaders[TRACE_HEADER];
          return next(header ? { ...input, headers: { ...input.headers, [TRACE_HEADER]: header } } : input);
        },
      },
    ],
  };
}

/** The span of this run becomes the parent of the activity's span. */
function passTraceOn<T extends { headers: Headers }>(input: T, startHeaders: Headers): T {
  const trace = readTrace(startHeaders);
  if (!trace) return input;
  const headers = writeTrace(continueTrace(trace, workflowInfo().runId));
  return { ...input, headers: { ...input.headers, ...headers } };
}

function reportEnd(end: RunEnd, headers: Headers): void {
  if (workflowInfo().unsafe.isReplaying) return;
  const trace = readTrace(headers);
  deliveries.ended({ ...end, ...(trace && { trace }) });
}
