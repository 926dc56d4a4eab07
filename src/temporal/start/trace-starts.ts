import type { WorkflowClientInterceptor } from '@temporalio/client';
import { writeTrace } from '../../../workflows/trace-header.ts';
import { errorType, type TraceParent, type Tracing } from '../../telemetry/tracing.ts';

export type TracedStart = { workflowId: string; deliveryId: string; parent: TraceParent | undefined };

/** Makes a start part of its callback's trace. An interceptor passes the trace on, because start options have no headers. */
export class TraceStarts {
  readonly #tracing: Tracing;
  readonly #traces = new Map<string, TraceParent>();

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /** For the client that starts workflows. */
  readonly interceptor: WorkflowClientInterceptor = {
    startWithDetails: (input, next) => {
      const trace = this.#traces.get(input.options.workflowId);
      return next(trace ? { ...input, headers: { ...input.headers, ...writeTrace(trace) } } : input);
    },
  };

  /** Runs `start`, which resolves with its outcome. */
  async trace<T extends string>(about: TracedStart, start: () => Promise<T>): Promise<T> {
    const { workflowId, deliveryId, parent } = about;
    const attributes = { 'unfriend.delivery_id': deliveryId, 'temporal.workflow_id': workflowId };
    const span = this.#tracing.start('start workflow', { kind: 'client', parent, attributes });
    this.#traces.set(workflowId, span.traceparent);
    try {
      const outcome = await start();
      span.end({ 'unfriend.outcome': outcome });
      return outcome;
    } catch (error) {
      span.end({}, errorType(error));
      throw error;
    } finally {
      this.#traces.delete(workflowId);
    }
  }
}
