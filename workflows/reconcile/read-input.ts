import { ApplicationFailure } from '@temporalio/common';
import { INVALID_INPUT, MAX_RECONCILED_ACCOUNTS, type ReconcileInput } from '../contract.ts';
import { USER_ID } from '../user-id.ts';

const FIELDS = ['fromIndex', 'accounts', 'dryRun', 'rate', 'carried'];

/**
 * Reads an input that a person may have typed, for example into a schedule. An unknown field is refused: if it were
 * ignored, a misspelt `dryRun` would start deliveries.
 *
 * @throws ApplicationFailure `InvalidInput`, whose message says what to change
 */
export function readReconcileInput(given: unknown): ReconcileInput {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw invalid('expected an object such as {"fromIndex": true}');
  }
  const unknown = Object.keys(given).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) throw invalid(`${unknown.slice(0, 100)}: expected ${FIELDS.join(', ')} only`);
  const input = given as ReconcileInput;
  const { fromIndex, accounts, dryRun, rate } = input;
  for (const [field, value] of Object.entries({ fromIndex, dryRun })) {
    if (value !== undefined && typeof value !== 'boolean') throw invalid(`${field}: expected true or false`);
  }
  if (Boolean(fromIndex) === (accounts !== undefined)) {
    throw invalid('expected either "fromIndex": true or "accounts": ["alice"]');
  }
  if (accounts !== undefined) checkAccounts(accounts);
  if (rate !== undefined && !(typeof rate === 'number' && rate >= 1 && rate <= 10_000)) {
    throw invalid('rate: expected calls per second, from 1 to 10000');
  }
  return input;
}

/** The message names no account. */
function checkAccounts(accounts: unknown): void {
  if (!Array.isArray(accounts) || accounts.length === 0)
    throw invalid('accounts: expected a list of UserIDs');
  if (accounts.length > MAX_RECONCILED_ACCOUNTS) {
    throw invalid(`accounts: expected at most ${MAX_RECONCILED_ACCOUNTS}; check the whole index instead`);
  }
  const wrong = accounts.findIndex((account) => typeof account !== 'string' || !USER_ID.test(account));
  if (wrong >= 0) throw invalid(`accounts[${wrong}]: expected a UserID, 1 to 32 bytes of printable ASCII`);
}

function invalid(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, INVALID_INPUT);
}
