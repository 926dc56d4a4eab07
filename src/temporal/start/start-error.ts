import { status } from '@grpc/grpc-js';
import { isGrpcServiceError } from '@temporalio/client';

/**
 * What a failed start says about the next try. `away`: no delivery will fare better now. `this-one`: others
 * may. `never`: this delivery can't be taken, today or later.
 */
export type StartErrorClass = 'away' | 'this-one' | 'never';

const THIS_ONE: readonly number[] = [status.INTERNAL, status.UNKNOWN, status.ABORTED];

export function classifyStartError(error: unknown): StartErrorClass {
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  // Not from the server: the delivery could not even be written down as a request.
  if (!isGrpcServiceError(cause))
    return cause instanceof TypeError || cause instanceof RangeError ? 'never' : 'this-one';
  if (cause.code === status.INVALID_ARGUMENT) {
    // An operator can mend this one, by `unfriend setup`.
    return /search attribute/i.test(cause.details) ? 'away' : 'never';
  }
  if (cause.code === status.RESOURCE_EXHAUSTED && /larger than max/i.test(cause.details)) return 'never';
  return THIS_ONE.includes(cause.code) ? 'this-one' : 'away';
}
