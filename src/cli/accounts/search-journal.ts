import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SET_UP_MARK } from '../../journal/database.ts';
import type { DamagedJournalError, FoundEntry } from '../../journal/operate/operate.ts';
import { onJournal } from '../journal/on-journal.ts';

type NamingEntry = Extract<FoundEntry, { isSearchable: true }>;

/** What this machine's journal has of an account. */
export type JournalSearch = {
  dir: string;
  /** False: there is no journal on this machine. */
  isThere: boolean;
  pending: NamingEntry[];
  quarantined: NamingEntry[];
  /** The keys of entries that nobody can search. */
  damaged: string[];
  /** Folders of journals that were damaged. They are kept, and are not searched. */
  setAside: string[];
  /** The damage that ended the search. */
  fault: DamagedJournalError | undefined;
};

/** Searches the journal in this folder, also while a receiver uses it. */
export async function searchJournal(dir: string, account: string): Promise<JournalSearch> {
  const isThere = existsSync(join(dir, SET_UP_MARK));
  const setAside = foldersSetAside(dir);
  const nothing = { pending: [], quarantined: [], damaged: [], fault: undefined };
  if (!isThere) return { dir, isThere, setAside, ...nothing };
  const { messages, fault } = await onJournal(dir, { kind: 'find', account });
  const entries = messages.flatMap((message) => (message.kind === 'found' ? [message.entry] : []));
  const naming = entries.filter((entry) => entry.isSearchable);
  return {
    dir,
    isThere,
    pending: naming.filter(({ part }) => part === 'pending'),
    quarantined: naming.filter(({ part }) => part === 'quarantined'),
    damaged: entries.filter(({ isSearchable }) => !isSearchable).map(({ id }) => id),
    setAside,
    fault,
  };
}

function foldersSetAside(dir: string): string[] {
  const parent = dirname(dir);
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((name) => name.startsWith(`${basename(dir)}.corrupt-`))
    .map((name) => join(parent, name));
}

/** For `--json`. */
export function describeEntry({ id, kind, deliveryId, pairs, receivedAt }: NamingEntry) {
  return { id, kind, deliveryId, pairs, receivedAt: new Date(receivedAt).toISOString() };
}
