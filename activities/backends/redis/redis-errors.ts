import { BackendError, type FailureType } from '../backend.ts';
import { codeOf } from '../net/network-errors.ts';

/** The first word of an error that Redis answers, and what it means. Any other error is a ServerError, which may pass. */
const REPLIES: Record<string, [FailureType, string]> = {
  NOAUTH: ['Unauthorized', 'it wants a password'],
  WRONGPASS: ['Unauthorized', 'it refused user or password'],
  NOPERM: ['Unauthorized', 'its ACL does not allow that, or not on these keys'],
  DENIED: ['Unauthorized', 'it is in protected mode and takes no connection from elsewhere'],
  MOVED: ['Rejected', 'it is a node of a cluster, and CACHE_URL names no other'],
  ASK: ['Rejected', 'it is a node of a cluster, and CACHE_URL names no other'],
  LOADING: ['ServerError', 'it is still loading its data'],
  READONLY: ['ServerError', 'it is a read-only replica'],
  MASTERDOWN: ['ServerError', 'its master is down'],
  CLUSTERDOWN: ['ServerError', 'the cluster is down, or does not serve some slots'],
  TRYAGAIN: ['ServerError', 'slots are being moved'],
  OOM: ['ServerError', 'it is out of memory'],
  BUSY: ['ServerError', 'a script keeps it busy'],
  MISCONF: ['ServerError', 'it takes no writes because it cannot save to disk'],
  NOREPLICAS: ['ServerError', 'it takes no writes because replicas are missing'],
};

/** `ERR …` can mean anything. These will be refused again. */
const PERMANENT_REFUSALS: [RegExp, string][] = [
  [/^ERR unknown command/, 'it does not know that command (Redis 4 and later do)'],
  [/^ERR (DB index is out of range|invalid DB index)/, 'it has no database of that number'],
  [/^ERR SELECT is not allowed in cluster mode/, 'a cluster has no numbered databases'],
];

/** The client of a cluster gave up, because the nodes kept naming a node that cannot be reached. */
const NO_NODE = /^Too many Cluster redirections.*(MOVED|Connection is closed)/;
const UNREACHABLE_NODE = 'the node that has the key cannot be reached';

/**
 * Says why Redis did not do what it was asked to do. The text of Redis is not repeated, because it can contain keys,
 * and so account names.
 *
 * @param lastError why the connection was lost, if that is known
 */
export function explainRedisError(what: string, error: unknown, lastError?: Error): BackendError {
  const cause = error as Error;
  if (NO_NODE.test(cause.message)) return new BackendError('Unreachable', `${what}: ${UNREACHABLE_NODE}`);
  const reply = /(?:^|ReplyError: )([A-Z]+) /.exec(cause.message)?.[1];
  if (reply === 'ERR') return explainRefusal(what, cause);
  if (reply) {
    const [type, words] = REPLIES[reply] ?? ['ServerError', 'it failed'];
    return new BackendError(type, `${what}: ${reply}, ${words}`);
  }
  if (cause !== lastError && lastError && isConnectionLoss(cause)) return explainRedisError(what, lastError);
  return new BackendError('Unreachable', `${what}: ${describeLoss(cause)}`);
}

function explainRefusal(what: string, { message }: Error): BackendError {
  const [, words] = PERMANENT_REFUSALS.find(([pattern]) => pattern.test(message)) ?? [];
  if (words) return new BackendError('Rejected', `${what}: ${words}`);
  if (/max number of clients/.test(message))
    return new BackendError('Busy', `${what}: it has too many clients`);
  return new BackendError('ServerError', `${what}: it answered with an error (ERR)`);
}

/** How ioredis rejects the commands that were running when the connection was lost. */
function isConnectionLoss({ name, message }: Error): boolean {
  if (name === 'AbortError') return true;
  return /Connection is closed|max retries per request|isn't (ready|writeable)|startup nodes/i.test(message);
}

function describeLoss(error: Error & { code?: string }): string {
  if (/timed? ?out/i.test(error.message)) return 'no answer in time';
  const isLoss = isConnectionLoss(error) || /redirections/.test(error.message);
  return isLoss && !error.code ? 'the connection was lost' : codeOf(error);
}
