import type { Interceptor } from '@grpc/grpc-js';
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { TemporalSettings } from '../config.ts';

/** The SDK's 10 would let one request outlast any deadline that a callback's answer has. */
const MAX_RPC_ATTEMPTS = 3;

/** gRPC's own 120 s would leave a receiver without Temporal for minutes after Temporal is back. */
const RECONNECT = {
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.min_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 2_000,
};

/** A client that connects when it is first used, so that a process starts while Temporal is away. */
export function createClient(settings: TemporalSettings, interceptors: Interceptor[] = []): Client {
  const retry = makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: MAX_RPC_ATTEMPTS }));
  const connection = Connection.lazy({
    ...settings.connectionOptions,
    channelArgs: RECONNECT,
    interceptors: [...interceptors, retry],
  });
  return new Client({ connection, namespace: settings.namespace });
}

/** For workers, which need the SDK's native connection. Throws when Temporal can't be reached. */
export function connectWorker(settings: TemporalSettings): Promise<NativeConnection> {
  return NativeConnection.connect(settings.connectionOptions);
}

/** Runs `fn` with a deadline on all its requests, which the SDK lacks by default. */
export function within<T>(client: Client, ms: number, fn: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + ms, fn);
}

/** In words what went wrong with a request to Temporal. */
export function describeRpcError(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error && 'details' in cause && typeof cause.details === 'string' && cause.details) {
    return cause.details.replace(/\.? Resolution note: .*$/, '');
  }
  return cause instanceof Error ? cause.message : String(cause);
}
