import { status } from '@grpc/grpc-js';
import { isGrpcServiceError } from '@temporalio/client';

/**
 * What a failed start means for the next try. `away`: no delivery can be started now. `busy`: fewer can be started at the
 * same time. `this-one`: other deliveries may be started. `never`: this delivery can never be started.
 */
export type StartErrorClass = 'away' | 'busy' | 'this-one' | 'never';

/** Why a start in the thread failed. */
export class StartThreadError extends Error {
  override name = 'StartThreadError';
  readonly startClass: StartErrorClass;
  /** The type of the error in the thread, for traces. */
  readonly type: string;

  constructor({ startClass, reason, type }: { startClass: StartErrorClass; reason: string; type: string }) {
    super(reason);
    this.startClass = startClass;
    this.type = type;
  }
}

const THIS_ONE: readonly number[] = [status.INTERNAL, status.UNKNOWN, status.ABORTED];

export function classifyStartError(error: unknown): StartErrorClass {
  if (error instanceof StartThreadError) return error.startClass;
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  // The error is not from the server: no request could be made from the delivery.
  if (!isGrpcServiceError(cause))
    return cause instanceof TypeError || cause instanceof RangeError ? 'never' : 'this-one';
  if (cause.code === status.INVALID_ARGUMENT) {
    // An operator can fix this by `unfriend setup`.
    return /search attribute/i.test(cause.details) ? 'away' : 'never';
  }
  if (cause.code === status.RESOURCE_EXHAUSTED)
    return /larger than max/i.test(cause.details) ? 'never' : 'busy';
  return THIS_ONE.includes(cause.code) ? 'this-one' : 'away';
}
