/**
 * The trace goes from a start to the workflow, and from there to the activities, in a header of Temporal. The header
 * is the one of the SDK's own OpenTelemetry interceptors, so these understand it.
 */
import { defaultPayloadConverter, type Headers } from '@temporalio/common';

export const TRACE_HEADER = '_tracer-data';

/** W3C Trace Context: `00-<trace id>-<span id>-<flags>`. Undefined: the start has no trace. */
export function readTrace(headers: Headers): string | undefined {
  const payload = headers[TRACE_HEADER];
  if (!payload) return undefined;
  const { traceparent } = defaultPayloadConverter.fromPayload<{ traceparent?: unknown }>(payload);
  return typeof traceparent === 'string' ? traceparent : undefined;
}

export function writeTrace(traceparent: string): Headers {
  return { [TRACE_HEADER]: defaultPayloadConverter.toPayload({ traceparent }) };
}

/** Activities need the span id of their run before its span ends, and a replay must find the same one. */
export function spanIdOfRun(runId: string): string {
  return runId.replaceAll('-', '').slice(-16);
}

/** The `traceparent` for what a run calls: the same trace, and the run as the parent. */
export function continueTrace(traceparent: string, runId: string): string {
  const [version, traceId, , flags] = traceparent.split('-');
  return [version, traceId, spanIdOfRun(runId), flags].join('-');
}
