import { InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import { Connection } from '@temporalio/client';

const NAMESPACE_HEADER = 'temporal-namespace';

/**
 * The SDK's connection without `AsyncLocalStorage`, by which the SDK passes the namespace's header to each request.
 * Before Node.js 24 that makes every promise of the process slower, and so every callback. {@link namespaceHeader} sets
 * the header instead.
 */
export class PlainConnection extends Connection {
  override async withMetadata<R>(...[metadata, fn]: Parameters<typeof Connection.prototype.withMetadata<R>>) {
    const names = Object.keys(metadata);
    return names.length === 1 && names[0] === NAMESPACE_HEADER ? fn() : super.withMetadata(metadata, fn);
  }
}

/** Adds a header with the namespace to each request. Proxies and Temporal Cloud route requests by it. */
export function namespaceHeader(namespace: string): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start(metadata, listener, next) {
        metadata.set(NAMESPACE_HEADER, namespace);
        next(metadata, listener);
      },
    });
}
