import {
  FRIEND_DELETED,
  RECONCILE_FRIENDS,
  searchAttributes,
  WORKFLOW_TYPES,
} from '../../../workflows/contract.ts';
import { type SoughtAccount, storedAs } from './sought-account.ts';

const { accounts } = searchAttributes;

/** Every workflow of Unfriend. */
const OURS = `WorkflowType IN (${WORKFLOW_TYPES.map((type) => `"${type}"`).join(', ')})`;

/** A run that continued as new is followed by another run of the same workflow. */
const NOT_CONTINUED = 'ExecutionStatus!="ContinuedAsNew"';

/** Server 1.32 finds nothing for values with these characters, however they are escaped, or refuses the query. */
const NOT_QUERYABLE = /["'\\]/;

/** Whether Temporal can look for the account's name itself. */
export function isQueryable({ account }: SoughtAccount): boolean {
  return !NOT_QUERYABLE.test(account);
}

/**
 * Finds every run that carries the account, and others too: some databases do not tell `alice` from `Alice`. If Temporal
 * can't look for the name, every run with accounts is found. So each run's own list has to be compared.
 */
export function carrierQuery(sought: SoughtAccount): string {
  if (!isQueryable(sought)) return `${OURS} AND ${accounts.name} IS NOT NULL`;
  const values = storedAs(sought).map((value) => `"${value}"`);
  return `${OURS} AND ${accounts.name} IN (${values.join(', ')})`;
}

/** As `carrierQuery`, without runs that others follow. */
export function newestCarrierQuery(sought: SoughtAccount): string {
  return `${carrierQuery(sought)} AND ${NOT_CONTINUED}`;
}

/** Deliveries whose list of accounts can be cut. */
export function largeQuery(fewestPairs: number): string {
  const { pairs } = searchAttributes;
  return `${OURS} AND ${pairs.name} >= ${fewestPairs} AND ${accounts.name} IS NOT NULL AND ${NOT_CONTINUED}`;
}

/** Friend-delete deliveries without a list of accounts: `INDEX_ACCOUNTS` was `off` when they began. */
export const NOT_INDEXED = `WorkflowType="${FRIEND_DELETED}" AND ${accounts.name} IS NULL AND ${NOT_CONTINUED}`;

/** Runs of `reconcile`. They have no list of accounts, and their input and state can name some. */
export const RECONCILED = `WorkflowType="${RECONCILE_FRIENDS}"`;

/** Callbacks of other commands. They have no list of accounts, and their bodies can name some. */
export const RELAYED = `${OURS} AND WorkflowType!="${FRIEND_DELETED}" AND ${NOT_CONTINUED}`;
