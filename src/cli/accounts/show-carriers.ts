import type { Client } from '@temporalio/client';
import type { Settings } from '../../config/settings.ts';
import type { Carrier } from '../../temporal/accounts/describe-carrier.ts';
import type { SoughtAccount } from '../../temporal/accounts/sought-account.ts';
import { workflowPage } from '../../temporal/ui-link.ts';
import type { CliContext } from '../context.ts';
import { onTemporal } from '../on-temporal.ts';
import { LISTED_IN_TABLE } from '../operate/limits.ts';
import { printJson } from '../output.ts';
import { printFound } from './print-found.ts';
import { describeEntry, type JournalSearch, searchJournal } from './search-journal.ts';
import { searchTemporal, type TemporalSearch } from './search-temporal.ts';
import { seekAndWarn } from './seek-and-warn.ts';

type FindOptions = { limit?: number | undefined; json?: true | undefined };

/** Prints what carries the account, as a table or as one JSON document. */
export function showCarriers(
  context: CliContext,
  account: string,
  { limit, json }: FindOptions,
): Promise<void> {
  return onTemporal(context, async (client, settings) => {
    const sought = seekAndWarn(account, settings);
    // The journal first: what is handed over meanwhile is then in Temporal.
    const journal = await searchJournal(settings, account);
    const most = limit ?? (json ? Number.POSITIVE_INFINITY : LISTED_IN_TABLE);
    const temporal = await searchTemporal(client, { sought, settings, most });
    if (json) printJson(toDocument({ sought, journal, temporal, page: pageIn(client, settings) }));
    else printFound({ sought, journal, temporal });
    if (journal.fault) throw journal.fault;
  });
}

function pageIn(client: Client, { temporalUi }: Settings): (carrier: Carrier) => string {
  const { namespace } = client.options;
  return ({ workflowId, runId }) => workflowPage(temporalUi, { namespace, workflowId, runId });
}

type Found = { sought: SoughtAccount; journal: JournalSearch; temporal: TemporalSearch };

function toDocument({
  sought,
  journal,
  temporal: { carriers, ...temporal },
  page,
}: Found & { page: (carrier: Carrier) => string }): object {
  const { isThere, pending, quarantined, damaged, locked, setAside } = journal;
  return {
    ...sought,
    ...temporal,
    workflows: carriers.map((carrier) => ({ ...carrier, link: page(carrier) })),
    journal: isThere
      ? { pending: pending.map(describeEntry), quarantined: quarantined.map(describeEntry), damaged, locked }
      : null,
    setAside,
  };
}
