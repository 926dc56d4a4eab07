import { BackendError } from './backend.ts';

/** However long a peer wants to be left alone, it is asked again after an hour. */
const LONGEST_RETRY_AFTER_MS = 60 * 60 * 1000;

/**
 * No answer, as a backend's failure. It names `peer` and the error's code alone: what the error says besides can
 * hold addresses, and differs from try to try.
 */
export function networkFailure(error: unknown, peer: string): BackendError {
  return new BackendError('Unreachable', `${peer}: ${describeNetworkError(error)}`);
}

function describeNetworkError(error: unknown): string {
  if (!(error instanceof Error)) return 'no connection';
  if (error.name === 'TimeoutError') return 'no answer in time';
  const { code } = error as NodeJS.ErrnoException;
  return `no answer (${code ?? error.name})`;
}

/** An HTTP status that is neither success nor redirect; `retryAfter` in ms, where the peer named it. */
export function statusFailure(status: number, peer: string, retryAfter?: number): BackendError {
  const message = `${peer} answered HTTP ${status}`;
  const options = retryAfter === undefined ? {} : { retryAfter };
  if (status === 429 || (status === 503 && retryAfter !== undefined)) {
    return new BackendError('Busy', message, options);
  }
  if (status === 408 || status >= 500) return new BackendError('ServerError', message, options);
  if (status === 401 || status === 403) return new BackendError('Unauthorized', message);
  return new BackendError('Rejected', message);
}

/** `Retry-After`, in seconds or as an HTTP date, in ms from `now`; undefined where it says nothing of use. */
export function readRetryAfter(header: unknown, now: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  const text = header.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return wait > 0 ? Math.min(wait, LONGEST_RETRY_AFTER_MS) : undefined;
}
