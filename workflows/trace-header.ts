/**
 * How a trace goes from a start to its workflow, and from there to its activities: in a header of Temporal's, as the
 * SDK's own OpenTelemetry interceptors have it, so that theirs understand ours.
 */
import { defaultPayloadConverter, type Headers } from '@temporalio/common';

export const TRACE_HEADER = '_tracer-data';

/** W3C Trace Context: `00-<trace id>-<span id>-<flags>`. Undefined: nobody traces. */
export function readTrace(headers: Headers): string | undefined {
  const payload = headers[TRACE_HEADER];
  if (!payload) return undefined;
  const { traceparent } = defaultPayloadConverter.fromPayload<{ traceparent?: unknown }>(payload);
  return typeof traceparent === 'string' ? traceparent : undefined;
}

export function writeTrace(traceparent: string): Headers {
  return { [TRACE_HEADER]: defaultPayloadConverter.toPayload({ traceparent }) };
}

/** The span of a workflow's run has to be known to its activities before it ends, and to replays alike. */
export function spanIdOfRun(runId: string): string {
  return runId.replaceAll('-', '').slice(-16);
}

/** For what a run calls: the same trace, with the run as its parent. */
export function continueTrace(traceparent: string, runId: string): string {
  const [version, traceId, , flags] = traceparent.split('-');
  return [version, traceId, spanIdOfRun(runId), flags].join('-');
}
