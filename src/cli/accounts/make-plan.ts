import type { Client } from '@temporalio/client';
import type { Settings } from '../../config/settings.ts';
import { countNotSearchable, type NotSearchable } from '../../temporal/accounts/find-carriers.ts';
import { type CarryingDelivery, planErasure } from '../../temporal/accounts/plan-erasure.ts';
import { readRetention } from '../../temporal/accounts/read-retention.ts';
import type { SoughtAccount } from '../../temporal/accounts/sought-account.ts';
import { toOperatorError } from '../../temporal/connect.ts';
import { type JournalSearch, searchJournal } from './search-journal.ts';

/** What carries the account, before anything is deleted. */
export type Plan = {
  sought: SoughtAccount;
  closed: CarryingDelivery[];
  open: number;
  journal: JournalSearch;
  notSearchable: NotSearchable;
  /** In seconds. */
  retention: number | null;
};

/** @throws OperatorError when Temporal can't be asked */
export async function makePlan(client: Client, sought: SoughtAccount, settings: Settings): Promise<Plan> {
  // The journal first: what is handed over meanwhile is then in Temporal.
  const journal = await searchJournal(settings, sought.account);
  try {
    const deliveries = await planErasure(client, sought);
    const closed = deliveries.filter(({ isOpen }) => !isOpen);
    return {
      sought,
      closed,
      open: deliveries.length - closed.length,
      journal,
      notSearchable: await countNotSearchable(client, sought),
      retention: await readRetention(client),
    };
  } catch (error) {
    throw toOperatorError(error);
  }
}
