import { BackendError } from '../backend.ts';
import { codeOf } from './network-errors.ts';

/** Even a peer that wants a longer pause is called again after an hour. */
const LONGEST_RETRY_AFTER_MS = 60 * 60 * 1000;

/** The failure for a call without an answer. */
export function networkFailure(error: unknown, peer: string): BackendError {
  return new BackendError('Unreachable', `${peer}: ${describe(error)}`);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'no connection';
  if (error.name === 'TimeoutError') return 'no answer in time';
  return `no answer (${codeOf(error)})`;
}

/**
 * The failure for an HTTP status that is neither success nor redirect.
 *
 * @param retryAfter in ms, if the peer named a time
 */
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

/** Reads `Retry-After`, which has seconds or an HTTP date. In ms from `now`; undefined if it is not usable. */
export function readRetryAfter(header: unknown, now: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  const text = header.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return wait > 0 ? Math.min(wait, LONGEST_RETRY_AFTER_MS) : undefined;
}
