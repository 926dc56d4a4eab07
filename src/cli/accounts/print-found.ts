import type { Carrier } from '../../temporal/accounts/describe-carrier.ts';
import type { SoughtAccount } from '../../temporal/accounts/sought-account.ts';
import { describeExecution } from '../../temporal/attention/execution.ts';
import { print } from '../output.ts';
import { formatTable } from '../table.ts';
import { describeNotSearched } from './describe-not-searched.ts';
import { describeEntry, type JournalSearch } from './search-journal.ts';
import type { TemporalSearch } from './search-temporal.ts';

/** How many entries of the journal, and of the quarantine, the table has. */
const ENTRIES = 100;

const TITLES = ['DELIVERY', 'WHERE', 'STATUS', 'PAIRS', 'RECEIVED OR STARTED'];

type Found = { sought: SoughtAccount; journal: JournalSearch; temporal: TemporalSearch };

/** Prints for people what carries the account, what could not be searched, and what to type next. */
export function printFound({ sought, journal, temporal }: Found): void {
  const { open, closed, carriers, notSearchable, link } = temporal;
  const { pending, quarantined } = journal;
  const inTemporal = `${open} open and ${closed} closed in Temporal`;
  print(`${inTemporal}, ${pending.length} pending in the journal, ${quarantined.length} in the quarantine`);
  const rows = [
    ...carriers.map(toRow),
    ...entryRows(pending, 'journal'),
    ...entryRows(quarantined, 'quarantine'),
  ];
  if (rows.length > 0) {
    print('');
    for (const line of formatTable(TITLES, rows)) print(line);
  }
  const more = open + closed + pending.length + quarantined.length - rows.length;
  if (more > 0) print(`and ${more} more: see --limit and --json`);
  printLines('Not searched:', describeNotSearched(notSearchable, journal));
  const hashes = sought.hashes.map(({ key, hash }) => `${hash} (key ${key})`);
  printLines('In search attributes, instead of the name:', hashes);
  printLines('Next:', whatNext({ journal, temporal }));
  if (link && open + closed > 0) print(`\nIn the Temporal UI: ${link}`);
}

function toRow({ workflowId, execution, status, pairs, startTime }: Carrier): string[] {
  const state = describeExecution(execution);
  return [
    workflowId.split('/').slice(2).join('/'),
    'Temporal',
    status ? `${state}, ${status}` : state,
    String(pairs),
    startTime,
  ];
}

function entryRows(entries: JournalSearch['pending'], where: 'journal' | 'quarantine'): string[][] {
  return entries
    .slice(0, ENTRIES)
    .map(describeEntry)
    .map(({ id, kind, deliveryId, pairs, receivedAt }) => [
      where === 'journal' ? String(deliveryId) : id,
      where,
      where === 'journal' ? 'pending' : kind,
      pairs === null ? '' : String(pairs),
      receivedAt,
    ]);
}

function whatNext({ journal, temporal }: Omit<Found, 'sought'>): string[] {
  return [
    temporal.carriers.length > 0 && 'what a delivery has done: npx unfriend status <delivery id>',
    journal.quarantined.length > 0 && 'why it is in the quarantine: npx unfriend journal quarantine',
    temporal.closed + journal.quarantined.length > 0 && 'to delete: npx unfriend erase <account> --dry-run',
  ].filter((line) => line !== false);
}

function printLines(title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  print(`\n${title}`);
  for (const line of lines) print(`  ${line}`);
}
