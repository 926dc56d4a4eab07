import { onJournal } from '../journal/on-journal.ts';

/** They are passed as an argument of a process, and an argument has a limit of 128 KB. */
const AT_ONCE = 1_000;

/** Removes these entries of the quarantine. Returns how many were still there. */
export async function discardQuarantined(dir: string, ids: readonly string[]): Promise<number> {
  let discarded = 0;
  for (let first = 0; first < ids.length; first += AT_ONCE) {
    const some = ids.slice(first, first + AT_ONCE);
    const { messages, fault } = await onJournal(dir, { kind: 'discard', ids: some });
    if (fault) throw fault;
    for (const message of messages) if (message.kind === 'discarded') discarded += message.count;
  }
  return discarded;
}
