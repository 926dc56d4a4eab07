import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** The addresses that begin with the same `bits` bits. */
export type AddressRange = { address: Address; bits: number };

/** An IPv4 address within an IPv6 one has these bits in front. */
const MAPPED_BITS = 96;

/**
 * Reads an address (`192.0.2.7`, `2001:db8::1`) or a CIDR (`10.0.0.0/8`). An IPv4-mapped one is the IPv4 one. Forms that
 * programs read differently, such as `010.0.0.1`, are refused.
 */
export function parseRange(text: string): AddressRange | undefined {
  const [first = '', prefix, ...more] = text.split('/');
  if (isIP(first) === 0 || first.includes('%') || more.length > 0) return undefined;
  const address = ipaddr.parse(first);
  const longest = address.kind() === 'ipv4' ? 32 : 128;
  const bits = prefix === undefined ? longest : parsePrefix(prefix, longest);
  return bits === undefined ? undefined : unmapped({ address, bits });
}

function parsePrefix(text: string, longest: number): number | undefined {
  const bits = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  return bits <= longest ? bits : undefined;
}

function unmapped(range: AddressRange): AddressRange {
  const { address, bits } = range;
  const isMapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= MAPPED_BITS;
  return isMapped ? { address: address.toIPv4Address(), bits: bits - MAPPED_BITS } : range;
}

/** An address as sockets and proxies write it. An IPv6 zone does not count. */
function parseAddress(text: string): Address | undefined {
  const [plain = ''] = text.split('%');
  return isIP(plain) === 0 ? undefined : ipaddr.process(plain);
}

/** Addresses and ranges. */
export class AddressList {
  readonly #ranges: readonly AddressRange[];

  constructor(ranges: readonly AddressRange[]) {
    this.#ranges = ranges;
  }

  get size(): number {
    return this.#ranges.length;
  }

  includes(text: string): boolean {
    const address = parseAddress(text);
    return address !== undefined && this.#ranges.some((range) => isWithin(address, range));
  }
}

function isWithin(address: Address, range: AddressRange): boolean {
  return address.kind() === range.address.kind() && address.match(range.address, range.bits);
}
