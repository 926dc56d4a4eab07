import type { IncomingHttpHeaders } from 'node:http';

/** They are about one connection, and must not go on. Source: RFC 9110, section 7.6.1. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** The client that posts the request sets them, and no `accept-encoding`: the answer goes back byte for byte. */
const SET_ANEW = ['host', 'content-length', 'expect', 'accept-encoding', 'x-forwarded-for'];

/**
 * The headers of a request that go on to the next server.
 *
 * @param remoteAddress of the client, which is appended to `x-forwarded-for`
 */
export function endToEndHeaders(
  headers: IncomingHttpHeaders,
  remoteAddress: string | undefined,
): Record<string, string> {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const dropped = new Set([...HOP_BY_HOP, ...SET_ANEW, ...named]);
  const kept = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' && !dropped.has(name) ? [[name, value] as const] : [],
  );
  const addresses = [headers['x-forwarded-for'], remoteAddress?.replace(/^::ffff:/, '')];
  const forwardedFor = addresses.filter((address) => address !== undefined).join(', ');
  return { ...Object.fromEntries(kept), ...(forwardedFor && { 'x-forwarded-for': forwardedFor }) };
}
