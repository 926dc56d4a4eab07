import { status } from '@grpc/grpc-js';
import { isGrpcServiceError } from '@temporalio/client';

/**
 * What a failed start means for the next try. `away`: no delivery can be started now. `this-one`: other deliveries may be
 * started. `never`: this delivery can never be started.
 */
export type StartErrorClass = 'away' | 'this-one' | 'never';

const THIS_ONE: readonly number[] = [status.INTERNAL, status.UNKNOWN, status.ABORTED];

export function classifyStartError(error: unknown): StartErrorClass {
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  // The error is not from the server: no request could be made from the delivery.
  if (!isGrpcServiceError(cause))
    return cause instanceof TypeError || cause instanceof RangeError ? 'never' : 'this-one';
  if (cause.code === status.INVALID_ARGUMENT) {
    // An operator can fix this by `unfriend setup`.
    return /search attribute/i.test(cause.details) ? 'away' : 'never';
  }
  if (cause.code === status.RESOURCE_EXHAUSTED && /larger than max/i.test(cause.details)) return 'never';
  return THIS_ONE.includes(cause.code) ? 'this-one' : 'away';
}
