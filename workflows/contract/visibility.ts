/** What lists of workflows show. Temporal stores search attributes in plain text, like the workflow id. */
import { defineSearchAttributeKey } from '@temporalio/common';
import type { FailureInfo } from './activities.ts';
import type { Pair } from './delivery.ts';

export const searchAttributes = {
  status: defineSearchAttributeKey('UnfriendStatus', 'KEYWORD'),
  accounts: defineSearchAttributeKey('UnfriendAccounts', 'KEYWORD_LIST'),
  pairs: defineSearchAttributeKey('UnfriendPairs', 'INT'),
} as const;

/** A field of the memo. The other field, `bodyHash`, is for finding duplicates. */
export const ATTENTION_MEMO = 'attention';

/**
 * What a person has to look at, as it was when the workflow last needed attention. Its size is bounded, however many
 * pairs there are. `parked` and `errors` count pairs, once for each side effect. `errors` has one entry per failure
 * type, with one of its messages.
 */
export type AttentionMemo = {
  /** Since when it needs attention, in ms since the epoch. */
  since: number;
  parked: Record<string, number>;
  errors: (FailureInfo & { count: number })[];
};

/** A field of the memo that only redo workflows have. */
export const REDO_MEMO = 'redo';

/**
 * The request by which a redo was started: whoever repeats the request recognises by `request` what is started already.
 * `since` and `until` in ISO 8601.
 */
export type RedoMemo = { request: string; effect: string; since: string; until: string };

/** A field of the memo: true when a search by account does not find this delivery by all of its accounts. */
export const ACCOUNTS_CUT_MEMO = 'accountsCut';

/** Temporal accepts 2 KB per search attribute. The encoding adds quotes and commas. */
const MAX_ACCOUNTS_BYTES = 2000;

/** Lists are cut only in deliveries with at least this many pairs: 29 names fit, however long they are, and 79 hashes. */
export const FEWEST_PAIRS_CUT = 15;

/**
 * The distinct accounts of a delivery, From accounts first, as many as one search attribute can hold.
 *
 * @param hash makes what is stored instead of a name; absent: the names are stored
 */
export function indexedAccounts(
  pairs: readonly Pair[],
  hash?: (account: string) => string,
): { accounts: string[]; isCut: boolean } {
  const distinct = new Set([...pairs.map((pair) => pair.from), ...pairs.map((pair) => pair.to)]);
  const accounts: string[] = [];
  let bytes = 2;
  for (const account of distinct) {
    const stored = hash ? hash(account) : account;
    bytes += JSON.stringify(stored).length + 1;
    if (bytes > MAX_ACCOUNTS_BYTES) break;
    accounts.push(stored);
  }
  return { accounts, isCut: accounts.length < distinct.size };
}
