import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Settings } from '../../config/settings.ts';
import { SET_UP_MARK } from '../../journal/database.ts';
import { DamagedJournalError, type FoundEntry, operate } from '../../journal/operate/operate.ts';

type NamingEntry = Extract<FoundEntry, { isSearchable: true }>;

/** What this machine's journal has of an account. */
export type JournalSearch = {
  dir: string;
  /** False: there is no journal on this machine. */
  isThere: boolean;
  pending: NamingEntry[];
  quarantined: NamingEntry[];
  /** The keys of damaged entries, which nobody can search. */
  damaged: string[];
  /** The keys of entries that are encrypted with a key that is missing here. */
  locked: string[];
  /** Folders of journals that were damaged. They are kept, and are not searched. */
  setAside: string[];
  /** The damage that ended the search. */
  fault: DamagedJournalError | undefined;
};

/** Searches the journal in this folder, also while a receiver uses it. */
export async function searchJournal(
  { journal: { dir }, payloadKeys }: Pick<Settings, 'journal' | 'payloadKeys'>,
  account: string,
): Promise<JournalSearch> {
  const isThere = existsSync(join(dir, SET_UP_MARK));
  const setAside = foldersSetAside(dir);
  const { entries, fault } = isThere ? await readEntries(dir, { account, payloadKeys }) : NOTHING;
  const unsearchable = entries.filter((entry) => !entry.isSearchable);
  const naming = entries.filter((entry) => entry.isSearchable);
  return {
    dir,
    isThere,
    pending: naming.filter(({ part }) => part === 'pending'),
    quarantined: naming.filter(({ part }) => part === 'quarantined'),
    damaged: unsearchable.filter(({ missingKey }) => missingKey === undefined).map(({ id }) => id),
    locked: unsearchable.filter(({ missingKey }) => missingKey !== undefined).map(({ id }) => id),
    setAside,
    fault,
  };
}

const NOTHING = { entries: [], fault: undefined };

async function readEntries(
  dir: string,
  { account, payloadKeys }: { account: string } & Pick<Settings, 'payloadKeys'>,
) {
  const entries: FoundEntry[] = [];
  try {
    await operate(dir, { kind: 'find', account, payloadKeys }, (message) => {
      if (message.kind === 'found') entries.push(message.entry);
    });
    return { entries, fault: undefined };
  } catch (error) {
    if (error instanceof DamagedJournalError) return { entries, fault: error };
    throw error;
  }
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
