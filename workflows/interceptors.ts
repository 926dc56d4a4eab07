/**
 * Beside the workflow, not in it: the trace that its calls belong to, and how it ended, for whoever measures.
 * Commands are neither added nor put into another order, so that a history replays whether anybody looks or not.
 */
import type { Headers } from '@temporalio/common';
import {
  ContinueAsNew,
  proxySinks,
  type Sinks,
  type WorkflowInterceptors,
  workflowInfo,
} from '@temporalio/workflow';
import type { FriendDeletedInput } from './contract.ts';
import { continueTrace, readTrace, TRACE_HEADER, writeTrace } from './trace-header.ts';

/** How a run ended. `trace`: what its start belongs to, as W3C writes it. */
export type RunEnd = { result: 'done' | 'failed' | 'continued'; receivedAt: number; trace?: string };

/** Told to the worker, outside the sandbox. Best effort: lost with a worker, told twice if its last task is lost. */
export interface DeliverySinks extends Sinks {
  deliveries: { ended(end: RunEnd): void };
}

const { deliveries } = proxySinks<DeliverySinks>();

export function interceptors(): WorkflowInterceptors {
  let started: Headers = {};
  return {
    inbound: [
      {
        async execute(input, next) {
          started = input.headers;
          const [{ delivery }] = input.args as [FriendDeletedInput];
          const tell = (result: RunEnd['result']) =>
            tellEnd({ result, receivedAt: delivery.receivedAt }, started);
          try {
            const output = await next(input);
            tell('done');
            return output;
          } catch (error) {
            tell(error instanceof ContinueAsNew ? 'continued' : 'failed');
            throw error;
          }
        },
      },
    ],
    outbound: [
      {
        scheduleActivity(input, next) {
          const trace = readTrace(started);
          if (!trace) return next(input);
          const headers = writeTrace(continueTrace(trace, workflowInfo().runId));
          return next({ ...input, headers: { ...input.headers, ...headers } });
        },
        // The next run is one more child of the start.
        continueAsNew(input, next) {
          const header = started[TRACE_HEADER];
          return next(header ? { ...input, headers: { ...input.headers, [TRACE_HEADER]: header } } : input);
        },
      },
    ],
  };
}

function tellEnd(end: RunEnd, headers: Headers): void {
  if (workflowInfo().unsafe.isReplaying) return;
  const trace = readTrace(headers);
  deliveries.ended({ ...end, ...(trace && { trace }) });
}
