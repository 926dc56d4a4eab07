import type { Settings } from '../../config/settings.ts';
import { isQueryable } from '../../temporal/accounts/carrier-query.ts';
import { type SoughtAccount, seekAccount } from '../../temporal/accounts/sought-account.ts';
import { say } from '../output.ts';

/** What to look for. Says so if the search will take long. */
export function seekAndWarn(account: string, { payloadKeys }: Settings): SoughtAccount {
  const sought = seekAccount(account, payloadKeys);
  if (!isQueryable(sought))
    say(
      "Temporal can't look for names with quotes or backslashes: all deliveries are read, which can take long.",
    );
  return sought;
}
