import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { buildConnector } from 'undici';

/** The name or address leads to a place where nothing may be sent. */
export class RefusedAddressError extends Error {
  override name = 'RefusedAddressError';
}

/** Resolves a name to all of its addresses. */
export type Lookup = (
  name: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export type GuardOptions = {
  /** Which addresses may be connected to. */
  isAllowed: (address: string) => boolean;
  lookup?: Lookup;
  /** Trusted besides the usual ones, in PEM. */
  ca?: string;
  timeout: number;
};

/** Azure's address for machines to ask about themselves. It lies in no special range. */
const METADATA = ['168.63.129.16'];

/** The part of IPv6 that IANA gives out. All other addresses are not public, or embed an IPv4 address. */
const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::');
const NAT64 = ipaddr.IPv6.parse('64:ff9b::');
/** ISATAP hides an IPv4 address in the last 64 bits, in the network of any IPv6 prefix. */
const ISATAP_MARKS = ['00005efe', '02005efe'];

/**
 * Whether an address is of the public internet, and not of this machine, its network or its cloud. An IPv6 address
 * that embeds an IPv4 one is judged by it (mapped, NAT64), or refused (IPv4-compatible, 6to4, Teredo, ISATAP).
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = unwrap(ipaddr.parse(address));
  if (parsed instanceof ipaddr.IPv6 && !isGlobalUnicast(parsed)) return false;
  return parsed.range() === 'unicast' && !METADATA.includes(parsed.toString());
}

/** The IPv4 address within an IPv6 one: mapped, or behind NAT64. */
function unwrap(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (!(address instanceof ipaddr.IPv6)) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  return address.match(NAT64, 96) ? new ipaddr.IPv4(address.toByteArray().slice(12)) : address;
}

function isGlobalUnicast(address: ipaddr.IPv6): boolean {
  const mark = Buffer.from(address.toByteArray().slice(8, 12)).toString('hex');
  return address.match(GLOBAL_UNICAST, 3) && !ISATAP_MARKS.includes(mark);
}

/**
 * Connects only to allowed addresses. On every connection it checks the very addresses that it connects to: a name that
 * resolves differently a moment later gains nothing.
 */
export function guardedConnector(options: GuardOptions): buildConnector.connector {
  const { isAllowed, ca, timeout } = options;
  const connect = buildConnector({ timeout, lookup: guardedLookup(options), ...(ca && { ca }) });
  return (target, callback) => {
    // Node looks up names only.
    if (isIP(target.hostname) && !isAllowed(target.hostname)) callback(new RefusedAddressError(), null);
    else connect(target, callback);
  };
}

function guardedLookup({ isAllowed, lookup = systemLookup }: GuardOptions): LookupFunction {
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const allowed = addresses.filter(({ address }) => isAllowed(address));
      const [first] = allowed;
      if (!first) return callback(new RefusedAddressError(), []);
      return options.all ? callback(null, allowed) : callback(null, first.address, first.family);
    });
  };
}
