import { KeyRing } from '../../encryption/key-ring.ts';
import type { PayloadKey } from '../../encryption/payload-keys.ts';

/** An account that somebody looks for, with everything that search attributes can hold instead of its name. */
export type SoughtAccount = {
  account: string;
  /** One per key of `PAYLOAD_KEYS`, the first key first. `key`: its id. */
  hashes: { key: string; hash: string }[];
};

/** @param keys those of `PAYLOAD_KEYS`; without any, deliveries are found by the account's name only */
export function seekAccount(account: string, keys: readonly PayloadKey[]): SoughtAccount {
  const hashes = keys.length > 0 ? new KeyRing(keys).hashesOf(account) : [];
  return { account, hashes: hashes.map((hash, index) => ({ key: keys[index]?.id ?? '', hash })) };
}

/** What a search attribute holds if its delivery carries the account. */
export function storedAs({ account, hashes }: SoughtAccount): string[] {
  return [account, ...hashes.map(({ hash }) => hash)];
}
