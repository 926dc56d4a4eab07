import { decodeCredential } from '../net/url-credentials.ts';

/** The address in `CACHE_URL`. Several nodes: a cluster. */
export type RedisAddress = {
  nodes: { host: string; port: number }[];
  tls: boolean;
  username?: string;
  password?: string;
  db: number;
};

const DEFAULT_PORT = 6379;
/** The credentials end at the last `@`, and may contain commas. */
const URL_PARTS = /^(rediss?):\/\/(?:(.*)@)?([^@/?#]+)(?:\/(\d*))?$/s;
const NODE = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i;

/**
 * Reads `redis://[user:pass@]host[:port][/db]`. `rediss://` means TLS. Several hosts are separated by commas.
 *
 * @throws TypeError that says what was expected. It never contains the input, which has a password
 */
export function parseRedisUrl(url: string): RedisAddress {
  const [, scheme, userinfo, hosts = '', db] = URL_PARTS.exec(url) ?? [];
  if (!scheme) throw new TypeError('expected redis://[user:password@]host[:port][/db] or rediss://…');
  const nodes = hosts.split(',').map((host) => parseNode(host.trim()));
  if (nodes.length > 1 && Number(db ?? 0) > 0) {
    throw new TypeError('expected no database number after several hosts: a cluster has only database 0');
  }
  return { nodes, tls: scheme === 'rediss', ...parseCredentials(userinfo), db: Number(db ?? 0) };
}

function parseNode(text: string): { host: string; port: number } {
  const [, host, port] = NODE.exec(text) ?? [];
  if (!host || Number(port ?? DEFAULT_PORT) > 65_535 || Number(port ?? DEFAULT_PORT) < 1) {
    throw new TypeError('expected host or host:port, several separated by commas');
  }
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? DEFAULT_PORT) };
}

function parseCredentials(userinfo = ''): { username?: string; password?: string } {
  const colon = userinfo.indexOf(':');
  if (userinfo !== '' && (colon < 0 || colon === userinfo.length - 1)) {
    throw new TypeError('expected user:password@ or :password@ before the host');
  }
  if (userinfo === '') return {};
  const [username, password] = [userinfo.slice(0, colon), userinfo.slice(colon + 1)].map(decodeCredential);
  return { ...(username && { username }), ...(password && { password }) };
}

/** `redis.example:6379`; for a cluster, all hosts that `CACHE_URL` names. */
export function describeNodes({ nodes }: RedisAddress): string {
  return nodes.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
}
