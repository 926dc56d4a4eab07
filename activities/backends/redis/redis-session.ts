import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { RedisAddress } from './redis-address.ts';

/** If both reach their limit, the activity fails after about five seconds, and Temporal retries. */
const CONNECT_MS = 2_500;
const COMMAND_MS = 2_500;

/** How a server without a password answers AUTH. */
const NEEDS_NO_PASSWORD = /no password is set|without any password configured/;

/** One connection, until it is lost. `lastError` says why it was lost. */
export type RedisSession = { client: Redis | Cluster; lastError?: Error };

/**
 * A session does not reconnect in the background, and queues nothing while the server is away. The next call opens the
 * next session. So only Temporal's back-off decides when a try is made.
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
 * Does not use the options of ioredis for credentials and database. With them ioredis sends the next command without
 * waiting for the answer to AUTH or SELECT. If the server refuses that, the command runs as the default user, or in
 * database 0.
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
    // UNLINK does not need RESP3, and the HELLO of RESP3 would come before AUTH.
    protocol: 2,
    ...(tls && { tls: {} }),
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    commandTimeout: COMMAND_MS,
    // Closes a connection whose peer has vanished.
    socketTimeout: COMMAND_MS,
    keepAlive: 30_000,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // Both would need more rights than UNLINK. A server that is still loading says so in its answer.
    enableReadyCheck: false,
    disableClientInfo: true,
  } satisfies RedisOptions;
  const [only] = nodes;
  if (nodes.length === 1 && only) return new Redis({ ...options, ...only, retryStrategy: null });
  return new Cluster(nodes, {
    lazyConnect: true,
    enableReadyCheck: false,
    clusterRetryStrategy: () => null,
    // Certificates contain the names of the hosts, not their addresses.
    ...(tls && { dnsLookup: (host, callback) => callback(null, host) }),
    redisOptions: { ...options, ...(username && { username }), ...(password && { password }) },
  });
}
