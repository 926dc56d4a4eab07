import type { NotSearchable } from '../../temporal/accounts/find-carriers.ts';
import { counted } from '../counted.ts';
import type { JournalSearch } from './search-journal.ts';

/** One line for each place that can hold the account and could not be searched. */
export function describeNotSearched(
  { cut, notIndexed, relayed, reconciled }: NotSearchable,
  { dir, isThere, damaged, locked, setAside }: JournalSearch,
): string[] {
  const deliveries = (count: number) => counted(count, 'delivery', 'deliveries');
  const entries = (keys: string[]) =>
    `${counted(keys.length, 'entry', 'entries')} of the journal and its quarantine`;
  return [
    cut > 0 && `${deliveries(cut)} with more accounts than the search attribute holds`,
    notIndexed > 0 && `${deliveries(notIndexed)} without accounts in search attributes (INDEX_ACCOUNTS=off)`,
    relayed > 0 &&
      `${counted(relayed, 'callback')} of other commands in Temporal: their bodies can't be searched`,
    reconciled > 0 && `${counted(reconciled, 'run')} of reconcile in Temporal: they can name accounts`,
    damaged.length > 0 && `${entries(damaged)}: damaged`,
    locked.length > 0 && `${entries(locked)}: encrypted with a key that PAYLOAD_KEYS lacks here`,
    setAside.length > 0 &&
      `${counted(setAside.length, 'damaged journal')}, set aside: ${setAside.join(', ')}`,
    !isThere && `a journal: there is none in ${dir}. Run this on every receiver`,
  ].filter((line) => line !== false);
}
