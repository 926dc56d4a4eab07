import { InterceptingCall, type Interceptor, Metadata, status } from '@grpc/grpc-js';
import {
  Client,
  defaultGrpcRetryOptions,
  type GrpcRetryOptions,
  isGrpcServiceError,
  makeGrpcRetryInterceptor,
  ServiceError,
  type WorkflowClientInterceptor,
} from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import type { TemporalSettings } from '../config/settings.ts';
import { DecryptionError } from '../encryption/key-ring.ts';
import { OperatorError } from '../operator-error.ts';
import { clientDataConverter } from './data-converter.ts';
import { namespaceHeader, PlainConnection } from './plain-connection.ts';
import { adviseOnRpcError } from './rpc-advice.ts';

/** With the SDK's default of 10, one request could take longer than Tencent Chat waits for an answer. */
const MAX_RPC_ATTEMPTS = 3;
const RETRY = defaultGrpcRetryOptions({ maxAttempts: MAX_RPC_ATTEMPTS });

/** How long a request may take, in ms. The SDK sets no limit: a request to a server that hangs would wait for ever. */
const REQUEST_MS = 5_000;

/** These requests wait on purpose: for a workflow's result, or for the answer of an update. */
const WAITING = /\/(GetWorkflowExecutionHistory|UpdateWorkflowExecution|PollWorkflowExecutionUpdate)$/;

/** Gives every request a deadline here, because it could be forgotten at a single request. */
const withDeadline: Interceptor = (options, nextCall) => {
  if (options.deadline !== undefined || WAITING.test(options.method_definition.path))
    return new InterceptingCall(nextCall(options));
  return new InterceptingCall(nextCall({ ...options, deadline: Date.now() + REQUEST_MS }));
};

/**
 * Makes a request fail if it is retried after the connection was closed. Otherwise it would throw out of the SDK's
 * timer, which would end the process. Nobody waits for the failed request any more.
 */
const failOnceClosed: Interceptor = (options, nextCall) => {
  try {
    return new InterceptingCall(nextCall(options));
  } catch (error) {
    const details = error instanceof Error ? error.message : String(error);
    return new InterceptingCall({
      sendMessage: ignore,
      sendMessageWithContext: ignore,
      halfClose: ignore,
      startRead: ignore,
      cancelWithStatus: ignore,
      getPeer: () => '',
      getAuthContext: () => null,
      start: (_metadata, listener) =>
        listener?.onReceiveStatus?.({ code: status.CANCELLED, details, metadata: new Metadata() }),
    });
  }
};

function ignore(): void {
  // Nothing is sent.
}

/** With gRPC's default of 120 s, a receiver could stay without Temporal for minutes after Temporal is back. */
const RECONNECT = {
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.min_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 2_000,
};

/** A page of a list can be larger than gRPC's default of 4 MB. The SDK's option for this limit does nothing. */
const MAX_MESSAGE = { 'grpc.max_receive_message_length': 128 * 1024 * 1024 };

/** A client that connects when it is first used, so that a process starts while Temporal is away. */
export function createClient(
  settings: TemporalSettings,
  interceptors: Interceptor[] = [],
  workflow: WorkflowClientInterceptor[] = [],
): Client {
  return clientWith(settings, { interceptors, workflow, retry: RETRY });
}

/**
 * A client for the dispatcher. A start that Temporal refuses because there are too many fails at once: the dispatcher has
 * a back-off of its own, and it must know that it is too fast.
 */
export function createStartClient(
  settings: TemporalSettings,
  interceptors: Interceptor[],
  workflow: WorkflowClientInterceptor[],
): Client {
  const retry: GrpcRetryOptions = {
    ...RETRY,
    retryableDecider: (attempt, error) =>
      error.code !== status.RESOURCE_EXHAUSTED && RETRY.retryableDecider(attempt, error),
  };
  return clientWith(settings, { interceptors, workflow, retry });
}

type ClientParts = {
  interceptors: Interceptor[];
  workflow: WorkflowClientInterceptor[];
  retry: GrpcRetryOptions;
};

function clientWith(settings: TemporalSettings, { interceptors, workflow, retry }: ClientParts): Client {
  const connection = PlainConnection.lazy({
    ...settings.connectionOptions,
    channelArgs: { ...RECONNECT, ...MAX_MESSAGE },
    // The deadline is for all attempts together.
    interceptors: [
      withDeadline,
      namespaceHeader(settings.namespace),
      ...interceptors,
      makeGrpcRetryInterceptor(retry),
      failOnceClosed,
    ],
  });
  return new Client({
    connection,
    namespace: settings.namespace,
    interceptors: { workflow },
    dataConverter: clientDataConverter(settings.payloadKeys),
  });
}

/** Why a command could not act on one delivery, in words. */
export function describeFailure(error: unknown): string {
  const known = toOperatorError(error);
  return known instanceof Error ? known.message : String(known);
}

/** What gRPC adds to a reason: how the name was resolved, and the time, by which equal reasons would differ. */
const NOISE = /\.? Resolution note: .*$|\s*\(\d{4}-[\d-]+T[\d:.]+Z\)/gs;
/** How OpenSSL words an error: with places in its own code around it. */
const OPENSSL = /[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):[^:\s]+:\d+:(?:SSL alert number \d+)?/g;

/** What went wrong with a request to Temporal, in words. */
export function describeRpcError(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error && 'details' in cause && typeof cause.details === 'string' && cause.details) {
    return cause.details.replace(NOISE, '').replace(OPENSSL, '$1').replace(/\s+/g, ' ').trim();
  }
  return cause instanceof Error ? cause.message : String(cause);
}

/** The SDK can wrap what its codec throws. */
export function findDecryptionError(error: unknown): DecryptionError | undefined {
  if (error instanceof DecryptionError) return error;
  return error instanceof Error && error.cause !== undefined ? findDecryptionError(error.cause) : undefined;
}

/** The same, and what to do about it where that is known. */
export function withAdvice(error: unknown): string {
  const advice = adviseOnRpcError(error);
  return advice ? `${describeRpcError(error)}; ${advice}` : describeRpcError(error);
}

/** The same, and always what to check. */
export function explainRpcError(
  error: unknown,
  otherwise = 'check TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE',
): string {
  return adviseOnRpcError(error) ? withAdvice(error) : `${describeRpcError(error)}; ${otherwise}`;
}

/**
 * The error for the person who runs a command, if Temporal refused a request or is away, or if a key is missing. Other
 * errors stay the same.
 */
export function toOperatorError(error: unknown): unknown {
  if (error instanceof NamespaceNotFoundError)
    return new OperatorError(`${error.message}. Check TEMPORAL_NAMESPACE.`, { cause: error });
  const undecrypted = findDecryptionError(error);
  if (undecrypted)
    return new OperatorError(
      `What Temporal holds can't be read: ${undecrypted.message}. Set PAYLOAD_KEYS to the keys of the receivers and workers.`,
      { cause: undecrypted },
    );
  const cause = error instanceof ServiceError ? error.cause : error;
  if (!isGrpcServiceError(cause)) return error;
  if (cause.code === status.INVALID_ARGUMENT && /search attribute/i.test(cause.details))
    return new OperatorError(
      `The namespace lacks Unfriend's search attributes: run npx unfriend setup (${describeRpcError(error)}).`,
      { cause },
    );
  return new OperatorError(`Temporal can't be asked: ${explainRpcError(error)}.`, { cause });
}
