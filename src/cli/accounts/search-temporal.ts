import type { Client } from '@temporalio/client';
import type { Settings } from '../../config/settings.ts';
import { isQueryable, newestCarrierQuery } from '../../temporal/accounts/carrier-query.ts';
import { type Carrier, describeCarrier } from '../../temporal/accounts/describe-carrier.ts';
import {
  countNotSearchable,
  findCarriers,
  type NotSearchable,
} from '../../temporal/accounts/find-carriers.ts';
import type { SoughtAccount } from '../../temporal/accounts/sought-account.ts';
import { isOpen } from '../../temporal/attention/execution.ts';
import { toOperatorError } from '../../temporal/connect.ts';
import { listPage } from '../../temporal/ui-link.ts';

/** What Temporal has of an account: counts of all, and the first workflows. */
export type TemporalSearch = {
  open: number;
  closed: number;
  carriers: Carrier[];
  notSearchable: NotSearchable;
  /** The list in the Temporal UI; null: no query can look for this account. */
  link: string | null;
};

type Search = { sought: SoughtAccount; settings: Settings; most: number };

/**
 * Searches Temporal, and keeps the first `most` workflows of what it finds.
 *
 * @throws OperatorError when Temporal can't be asked
 */
export async function searchTemporal(
  client: Client,
  { sought, settings, most }: Search,
): Promise<TemporalSearch> {
  const query = newestCarrierQuery(sought);
  const link = isQueryable(sought) ? listPage(settings.temporalUi, client.options.namespace, query) : null;
  const carriers: Carrier[] = [];
  const counts = { open: 0, closed: 0 };
  try {
    for await (const run of findCarriers(client, sought, query)) {
      const carrier = describeCarrier(run);
      counts[isOpen(carrier.execution) ? 'open' : 'closed'] += 1;
      if (carriers.length < most) carriers.push(carrier);
    }
    return { ...counts, carriers, notSearchable: await countNotSearchable(client, sought), link };
  } catch (error) {
    throw toOperatorError(error);
  }
}
