import { errors } from '@opensearch-project/opensearch';
import { BackendError, type FailureType } from '../backend.ts';
import { readRetryAfter } from '../net/http-failures.ts';
import { type BulkItemError, NO_TIME } from './search-guards.ts';

/** They pass when somebody has repaired the index, whatever their HTTP status is. */
const PASSING = ['cluster_block_exception', 'index_closed_exception', 'unavailable_shards_exception'];

/** Why a request failed, or one document of it. */
export type SearchFailure = { status: number; error?: BulkItemError; retryAfter?: number | undefined };

/** Only the types of errors are repeated, because their reasons contain document ids, and so account names. */
export function explainFailure(
  what: string,
  { status, error = {}, retryAfter }: SearchFailure,
): BackendError {
  const options = retryAfter === undefined ? {} : { retryAfter };
  const deepest = deepestCause(error);
  const failure = (type: FailureType, words: string) => new BackendError(type, `${what}: ${words}`, options);
  if (error.type === 'index_not_found_exception') return noSuchIndex(what);
  if (deepest.reason?.startsWith(NO_TIME)) {
    return failure(
      'Rejected',
      'the document has no time in the field of SEARCH_GUARD: ms since 1970, or ISO 8601',
    );
  }
  const types = [...new Set([error.type, error.caused_by?.type])].filter(Boolean).join(', ');
  return failure(typeOf(status, error), types ? `${status} ${types}` : `${status}`);
}

export function noSuchIndex(what: string): BackendError {
  return new BackendError('Rejected', `${what}: there is no such index; create it, or set SEARCH_INDEX`);
}

function typeOf(status: number, { type = '' }: BulkItemError): FailureType {
  if (status === 429) return 'Busy';
  if (PASSING.includes(type) || status >= 500 || status === 408 || status === 409) return 'ServerError';
  return status === 401 || status === 403 ? 'Unauthorized' : 'Rejected';
}

/** The failure for an error that the client threw. */
export function explainSearchError(what: string, error: unknown): BackendError {
  if (error instanceof BackendError) return error;
  if (error instanceof errors.ResponseError) {
    const { statusCode, body, headers } = error;
    const retryAfter = readRetryAfter(headers?.['retry-after'], Date.now());
    return explainFailure(what, { status: statusCode ?? 500, error: body?.error ?? {}, retryAfter });
  }
  if (error instanceof errors.DeserializationError) {
    return new BackendError('ServerError', `${what}: the answer is not that of a search server`);
  }
  const { name, message } = error as Error;
  if (name === 'TimeoutError') return new BackendError('Unreachable', `${what}: no answer in time`);
  if (name === 'ConnectionError')
    return new BackendError('Unreachable', `${what}: ${message || 'no connection'}`);
  return new BackendError('ServerError', `${what}: ${name}`, { cause: error });
}

function deepestCause(error: BulkItemError): BulkItemError {
  return error.caused_by ? deepestCause(error.caused_by) : error;
}
