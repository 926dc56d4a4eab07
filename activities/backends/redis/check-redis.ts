import { randomUUID } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { renderTemplate } from '../../template.ts';
import { asFault, BackendError, type FailureType, type Finding } from '../backend.ts';
import { describeNodes, type RedisAddress } from './redis-address.ts';
import { explainRedisError } from './redis-errors.ts';
import type { RedisSession } from './redis-session.ts';

type RedisCheck = {
  address: RedisAddress;
  cacheKeys: readonly string[];
  connect: () => Promise<RedisSession>;
  clear: (keys: string[]) => Promise<(boolean | BackendError)[]>;
};

const WHAT_TO_DO: Record<FailureType, string> = {
  Unreachable:
    'check host and port in CACHE_URL, redis:// or rediss:// (TLS; NODE_EXTRA_CA_CERTS names a CA of your own), and that the server is up',
  Busy: 'raise its limit, or run fewer workers',
  ServerError: 'repair the server, or name another one in CACHE_URL',
  Unauthorized:
    'check user and password in CACHE_URL, and that its ACL allows UNLINK on the keys of CACHE_KEYS',
  Rejected: 'check CACHE_URL: for a cluster, name several of its hosts, comma-separated',
};

/** Enough keys that every node of a cluster gets some of them. */
const KEYS_IN_CLUSTER = 100;

/** Connects, and tries UNLINK on keys that do not exist. */
export async function checkRedis({ address, cacheKeys, connect, clear }: RedisCheck): Promise<Finding[]> {
  try {
    const { client } = await connect();
    const where = describeNodes(address);
    const count = address.nodes.length > 1 ? KEYS_IN_CLUSTER : 1;
    const results = await clear(Array.from({ length: count }, () => absentKeys(cacheKeys)).flat());
    const faults = results
      .filter((result) => typeof result === 'object')
      .map((error) => asFault(error, WHAT_TO_DO));
    if (await isNodeOfCluster(client, address)) faults.unshift(asFault(nodeOfCluster(where), WHAT_TO_DO));
    if (faults.length > 0) return [...new Map(faults.map((fault) => [fault.message, fault])).values()];
    return [{ state: 'ok', message: `${where}: reachable, UNLINK allowed` }];
  } catch (error) {
    const failure = error instanceof BackendError ? error : explainRedisError('checking Redis', error);
    return [asFault(failure, WHAT_TO_DO)];
  }
}

function nodeOfCluster(where: string): BackendError {
  return explainRedisError(`UNLINK at ${where}`, new Error('MOVED to another node'));
}

/** They look like the keys that will be cleared, so an ACL on key names refuses them too. */
function absentKeys(templates: readonly string[]): string[] {
  const account = `check-${randomUUID().slice(0, 13)}`;
  return templates.map((template) => renderTemplate(template, { from: account, to: account }));
}

/** The UNLINK above may have succeeded on a node of a cluster: by chance, its key can be on that node. */
async function isNodeOfCluster(client: Redis | Cluster, { nodes }: RedisAddress): Promise<boolean> {
  if (nodes.length > 1) return false;
  try {
    return /cluster_enabled:1/.test(await (client as Redis).info('cluster'));
  } catch {
    return false; // The user may lack the right to call INFO.
  }
}
