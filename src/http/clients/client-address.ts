import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { AddressList } from './addresses.ts';

/**
 * Who sent a request: the peer of the connection, or, if that is a trusted proxy, the one for whom the proxy forwards. Each
 * proxy appends the address of its own peer to `x-forwarded-for`. So the header is read from right to left, until an address
 * is not a trusted proxy. What stands before it can be made up by anyone.
 *
 * @returns undefined if a trusted proxy names no address
 */
export function clientAddress(
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
  trusted: AddressList,
): string | undefined {
  const claimed = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',');
  let client = socket.remoteAddress;
  while (client !== undefined && trusted.includes(client)) {
    const next = claimed.pop()?.trim();
    if (next === undefined || next === '') return client;
    client = withoutPort(next);
  }
  return client;
}

/** Some proxies write the port too: `192.0.2.7:1234`, `[2001:db8::1]:1234`. */
function withoutPort(text: string): string | undefined {
  const address = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  return isIP(address.split('%')[0] ?? '') === 0 ? undefined : address;
}
