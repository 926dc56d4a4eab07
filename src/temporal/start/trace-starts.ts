import type { WorkflowClientInterceptor } from '@temporalio/client';
import { writeTrace } from '../../../workflows/trace-header.ts';
import type { TraceParent } from '../../telemetry/tracing.ts';

/** Passes traces on to the workflows that are started. It needs an interceptor, because start options have no headers. */
export class TraceStarts {
  readonly #traces = new Map<string, TraceParent>();

  /** For the client that starts workflows. */
  readonly interceptor: WorkflowClientInterceptor = {
    startWithDetails: (input, next) => {
      const trace = this.#traces.get(input.options.workflowId);
      return next(trace ? { ...input, headers: { ...input.headers, ...writeTrace(trace) } } : input);
    },
  };

  /** Runs `start`, which starts the workflow with this id. */
  async passOn<T>(trace: TraceParent, workflowId: string, start: () => Promise<T>): Promise<T> {
    this.#traces.set(workflowId, trace);
    try {
      return await start();
    } finally {
      this.#traces.delete(workflowId);
    }
  }
}
