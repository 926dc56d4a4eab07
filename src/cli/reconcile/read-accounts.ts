import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { MAX_RECONCILED_ACCOUNTS } from '../../../workflows/contract.ts';
import { USER_ID } from '../../../workflows/user-id.ts';
import { OperatorError } from '../../operator-error.ts';

/**
 * Reads accounts, one per line. Empty lines are skipped, and repeats count once.
 *
 * @param file `-` for stdin
 * @throws OperatorError that names the line, and no account
 */
export async function readAccounts(file: string): Promise<string[]> {
  const name = file === '-' ? 'stdin' : file;
  const accounts = new Set<string>();
  let line = 0;
  try {
    const input = file === '-' ? process.stdin : createReadStream(file, 'utf8');
    for await (const account of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      if (account === '') continue;
      if (!USER_ID.test(account)) throw new OperatorError(`${name}, line ${line}: ${EXPECTED}`);
      accounts.add(account);
      if (accounts.size > MAX_RECONCILED_ACCOUNTS) {
        throw new OperatorError(
          `${name} has more than ${MAX_RECONCILED_ACCOUNTS} accounts: split it, or use --from-index`,
        );
      }
    }
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`${name} cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
  if (accounts.size === 0) throw new OperatorError(`${name} has no accounts`);
  return [...accounts];
}

/** @throws OperatorError */
export function checkAccounts(accounts: readonly string[]): string[] {
  if (!accounts.every((account) => USER_ID.test(account))) throw new OperatorError(`--account: ${EXPECTED}`);
  return [...new Set(accounts)];
}

const EXPECTED = 'expected a UserID, 1 to 32 bytes of printable ASCII';
