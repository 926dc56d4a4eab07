import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisAddress } from './redis-address.ts';

/** With both at their limit an activity has its error after about five seconds, and Temporal retries. */
const CONNECT_MS = 2_500;
const COMMAND_MS = 2_500;

/** What a server says that was given a password and has none. */
const NEEDS_NO_PASSWORD = /no password is set|without any password configured/;

/** One connection, from connecting until it is lost; `lastError` says why it was. */
export type RedisSession = { client: Redis | Cluster; lastError?: Error };

/**
 * Connects. Nothing reconnects in the background and nothing is queued while away: whoever needs the cache next
 * opens the next session, so that Temporal's back-off paces all tries.
 */
export function createSession(address: RedisAddress): RedisSession {
  const client = createClient(address);
  const session: RedisSession = { client };
  client.on('error', (error: Error & { lastNodeError?: Error }) => {
    session.lastError = error.lastNodeError ?? error;
  });
  return session;
}

/**
 * Not by ioredis' own options for credentials and database: with them it sends the next command at once, which
 * then runs as the default user, or in database 0, where the server refuses what was asked.
 */
export async function connect({ client }: RedisSession, address: RedisAddress): Promise<void> {
  await client.connect();
  if (client instanceof Cluster) return;
  if (address.password) await authenticate(client, address);
  if (address.db > 0) await client.select(address.db);
}

async function authenticate(client: Redis, { username, password = '' }: RedisAddress): Promise<void> {
  try {
    await (username ? client.auth(username, password) : client.auth(password));
  } catch (error) {
    if (!NEEDS_NO_PASSWORD.test((error as Error).message)) throw error;
  }
}

function createClient({ nodes, tls, username, password }: RedisAddress): Redis | Cluster {
  const options = {
    // UNLINK needs nothing of RESP3, and HELLO would come before AUTH.
    protocol: 2,
    ...(tls && { tls: {} }),
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: COMMAND_MS,
    // Drops a connection whose peer is gone without a word.
    socketTimeout: COMMAND_MS,
    keepAlive: 30_000,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // Both need rights beyond UNLINK; a server that is still loading says so by itself.
    enableReadyCheck: false,
    disableClientInfo: true,
  } satisfies RedisOptions;
  const [only] = nodes;
  if (nodes.length === 1 && only) return new Redis({ ...options, ...only, retryStrategy: null });
  return new Cluster(nodes, {
    lazyConnect: true,
    enableReadyCheck: false,
    clusterRetryStrategy: () => null,
    // The names in certificates are those of the hosts, not of their addresses.
    ...(tls && { dnsLookup: (host, callback) => callback(null, host) }),
    redisOptions: { ...options, ...(username && { username }), ...(password && { password }) },
  });
}
