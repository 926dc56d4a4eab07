import { InterceptingCall, type Interceptor, Metadata, status } from '@grpc/grpc-js';
import {
  Client,
  defaultGrpcRetryOptions,
  isGrpcServiceError,
  makeGrpcRetryInterceptor,
  ServiceError,
  type WorkflowClientInterceptor,
} from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import type { TemporalSettings } from '../config/settings.ts';
import { OperatorError } from '../operator-error.ts';
import { namespaceHeader, PlainConnection } from './plain-connection.ts';

/** The SDK's 10 would let one request outlast any deadline that a callback's answer has. */
const MAX_RPC_ATTEMPTS = 3;

/** The SDK has no deadline of its own: a request to a server that hangs would wait for ever. In ms. */
const REQUEST_MS = 5_000;

/** These wait on purpose: for a workflow's result, or for what an update does. */
const WAITING = /\/(GetWorkflowExecutionHistory|UpdateWorkflowExecution|PollWorkflowExecutionUpdate)$/;

/** Here and not at each request, where it could be forgotten. */
const withDeadline: Interceptor = (options, nextCall) => {
  if (options.deadline !== undefined || WAITING.test(options.method_definition.path))
    return new InterceptingCall(nextCall(options));
  return new InterceptingCall(nextCall({ ...options, deadline: Date.now() + REQUEST_MS }));
};

/**
 * A request that is tried again after the connection was closed would throw out of the SDK's timer, and so end the
 * process; as a failed request it is only one more that nobody waits for.
 */
const failOnceClosed: Interceptor = (options, nextCall) => {
  try {
    return new InterceptingCall(nextCall(options));
  } catch (error) {
    const details = error instanceof Error ? error.message : String(error);
    return new InterceptingCall({
      ...{ sendMessage: ignore, sendMessageWithContext: ignore, halfClose: ignore, startRead: ignore },
      ...{ cancelWithStatus: ignore, getPeer: () => '', getAuthContext: () => null },
      start: (_metadata, listener) =>
        listener?.onReceiveStatus?.({ code: status.CANCELLED, details, metadata: new Metadata() }),
    });
  }
};

function ignore(): void {
  // Nothing is sent.
}

/** gRPC's own 120 s would leave a receiver without Temporal for minutes after Temporal is back. */
const RECONNECT = {
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.min_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 2_000,
};

/** gRPC's own 4 MB are less than a page of a list may have; the SDK's option for it does nothing. */
const MAX_MESSAGE = { 'grpc.max_receive_message_length': 128 * 1024 * 1024 };

/** A client that connects when it is first used, so that a process starts while Temporal is away. */
export function createClient(
  settings: TemporalSettings,
  interceptors: Interceptor[] = [],
  workflow: WorkflowClientInterceptor[] = [],
): Client {
  const retry = makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: MAX_RPC_ATTEMPTS }));
  const connection = PlainConnection.lazy({
    ...settings.connectionOptions,
    channelArgs: { ...RECONNECT, ...MAX_MESSAGE },
    // The deadline is for all attempts together.
    interceptors: [withDeadline, namespaceHeader(settings.namespace), ...interceptors, retry, failOnceClosed],
  });
  return new Client({ connection, namespace: settings.namespace, interceptors: { workflow } });
}

/** Why a command could not act on one of many, in words. */
export function describeFailure(error: unknown): string {
  const known = toOperatorError(error);
  return known instanceof Error ? known.message : String(known);
}

/** In words what went wrong with a request to Temporal. */
export function describeRpcError(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error && 'details' in cause && typeof cause.details === 'string' && cause.details) {
    return cause.details.replace(/\.? Resolution note: .*$/, '');
  }
  return cause instanceof Error ? cause.message : String(cause);
}

/** For the person who runs a command, when Temporal refused it or is away; any other error is returned as it is. */
export function toOperatorError(error: unknown): unknown {
  if (error instanceof NamespaceNotFoundError)
    return new OperatorError(`${error.message}. Check TEMPORAL_NAMESPACE.`, { cause: error });
  const cause = error instanceof ServiceError ? error.cause : error;
  if (!isGrpcServiceError(cause)) return error;
  if (cause.code === status.INVALID_ARGUMENT && /search attribute/i.test(cause.details))
    return new OperatorError(
      `The namespace has not Unfriend's search attributes: run npx unfriend setup (${describeRpcError(error)}).`,
      { cause },
    );
  return new OperatorError(
    `Temporal can't be asked: ${describeRpcError(error)}. Check TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.`,
    { cause },
  );
}
