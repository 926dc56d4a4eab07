import { InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import proto from '@temporalio/proto';

const START = '/temporal.api.workflowservice.v1.WorkflowService/StartWorkflowExecution';

/**
 * Tells whether a start made a new workflow. With the conflict policy `USE_EXISTING` the server answers with a run in both
 * cases, and `started` in its answer says which case it was. The SDK's handle does not have that field. The alternative
 * would be one more request for every start.
 */
export class FreshStarts {
  readonly #runIds = new Set<string>();

  /** For the connection on which workflows are started. */
  readonly interceptor: Interceptor = (options, nextCall) => {
    if (options.method_definition.path !== START) return new InterceptingCall(nextCall(options));
    return new InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) => {
        next(metadata, {
          onReceiveMessage: (message: unknown, nextMessage) => {
            this.#note(message);
            nextMessage(message);
          },
        });
      },
    });
  };

  /** Whether this process has started the run just now. It answers once for each run. */
  take(runId: string): boolean {
    return this.#runIds.delete(runId);
  }

  #note(message: unknown): void {
    if (!(message instanceof Uint8Array)) return;
    const { started, runId } =
      proto.temporal.api.workflowservice.v1.StartWorkflowExecutionResponse.decode(message);
    if (started) this.#runIds.add(runId);
  }
}
