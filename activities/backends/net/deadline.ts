/**
 * Runs `action` with a signal that aborts with a `TimeoutError` after `ms`, and together with `signal` where one is
 * given. In Node.js 20 what `AbortSignal.any` and `AbortSignal.timeout` make can be garbage-collected before it fires,
 * and the call hangs.
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
