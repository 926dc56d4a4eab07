/**
 * Runs `action` with a signal that aborts with a `TimeoutError` after `ms`, or earlier when `signal` aborts. Own code,
 * because in Node.js 20 the signals of `AbortSignal.any` and `AbortSignal.timeout` can be garbage-collected before they
 * abort, and then the call hangs.
 */
export async function withDeadline<T>(
  ms: number,
  signal: AbortSignal | undefined,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const either = new AbortController();
  const cancel = () => either.abort(signal?.reason);
  const timer = setTimeout(() => either.abort(new DOMException('no answer in time', 'TimeoutError')), ms);
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await action(either.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
  }
}
