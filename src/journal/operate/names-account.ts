import { inflateRawSync } from 'node:zlib';
import type { RelayedCallback } from '../../../workflows/contract.ts';
import type { PendingDelivery, Quarantined, RawCallback } from '../record.ts';

/** Whether a pending delivery carries the account: in a pair, or in the callback that the endpoint gets. */
export function carriesAccount({ pairs, callback }: PendingDelivery, account: string): boolean {
  if (pairs.some(({ from, to }) => from === account || to === account)) return true;
  return callback !== undefined && relayedNames(callback, account);
}

/** Whether a quarantined record names the account. undefined: nobody can tell, because the record is damaged. */
export function quarantinedNames(quarantined: Quarantined, account: string): boolean | undefined {
  if (quarantined.kind === 'delivery') return carriesAccount(quarantined.pending, account);
  return quarantined.kind === 'raw' ? rawNames(quarantined.raw, account) : undefined;
}

function rawNames({ query, body }: RawCallback, account: string): boolean {
  if (Object.values(query).includes(account)) return true;
  return bodyNames(Buffer.from(body, 'base64').toString(), account);
}

function relayedNames({ query, body, encoding }: RelayedCallback, account: string): boolean {
  if ([...new URLSearchParams(query).values()].includes(account)) return true;
  const bytes = Buffer.from(body, 'base64');
  return bodyNames((encoding === undefined ? bytes : inflateRawSync(bytes)).toString(), account);
}

/**
 * Whether a body has exactly this account as one of its values: `alice` is not in `alice2`. A number counts as well,
 * because the schema refuses an account that is not a string. In what is not JSON, the account must stand as a word.
 */
export function bodyNames(body: string, account: string): boolean {
  try {
    return hasValue(JSON.parse(body), account);
  } catch {
    return asWord(account).test(body);
  }
}

/** Without recursion: the values of a hostile body can be nested more deeply than the stack allows. */
function hasValue(root: unknown, account: string): boolean {
  const rest = [root];
  while (rest.length > 0) {
    const value = rest.pop();
    if (typeof value === 'object' && value !== null) {
      if (!Array.isArray(value) && Object.hasOwn(value, account)) return true;
      for (const inner of Object.values(value)) rest.push(inner);
    } else if (String(value) === account && typeof value !== 'boolean' && value !== null) return true;
  }
  return false;
}

function asWord(account: string): RegExp {
  const escaped = account.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`);
}
