import { decodeCredential } from '../net/url-credentials.ts';
import type { SearchGuard } from './search-guards.ts';

/**
 * Takes the credentials out of `https://user:password@host:port/path`.
 *
 * @throws TypeError that says what was expected. It never contains the input, which has a password
 */
export function parseSearchUrl(text: string): { node: string; username: string; password: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash) {
    throw new TypeError('expected https://[user:password@]host[:port][/path]');
  }
  if (Boolean(url.username) !== Boolean(url.password)) {
    throw new TypeError('expected both user and password before the host, or neither');
  }
  const [username, password] = [decodeCredential(url.username), decodeCredential(url.password)];
  url.username = '';
  url.password = '';
  return { node: url.href, username, password };
}

/** Whether the server accepts it as the name of one index or alias: lower case, no wildcards. */
export function isIndexName(text: string): boolean {
  return /^[^-_+\s\\/*?"<>|,#:A-Z][^\s\\/*?"<>|,#:A-Z]{0,254}$/.test(text) && !/^\.{1,2}$/.test(text);
}

/** Reads `external`, `none` or `field:<name>`. Undefined: it is none of them. */
export function parseSearchGuard(text: string): SearchGuard | undefined {
  if (text === 'external' || text === 'none') return { kind: text };
  const field = /^field:([^\s,*]+)$/.exec(text)?.[1];
  return field ? { kind: 'field', field } : undefined;
}
