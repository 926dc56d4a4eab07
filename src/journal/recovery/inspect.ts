import { runChild } from '../child.ts';
import type { Counts } from '../folder/counts.ts';
import type { RecordKind } from '../record.ts';
import type { FoundRecord } from '../store.ts';

/** What the child sends: first how many entries there should be, then what it can read, last that it finished. */
export type InspectionMessage =
  | { kind: 'counts'; counts: Counts }
  | { kind: 'found'; found: FoundRecord }
  | { kind: 'reached'; part: RecordKind; keys: string[][] }
  | { kind: 'read'; read: ReadCounts };

/** How many entries could be read, and how many places could not. */
type ReadCounts = Counts & { damaged: number };

export type Inspection = {
  /** How many entries there should be; undefined: the database can't tell. */
  expected: Counts | undefined;
  /** Undefined: the child did not finish. */
  read: ReadCounts | undefined;
};

export type InspectionMode = { signal: AbortSignal | undefined } & (CheckMode | SalvageMode);

/** Reads everything and writes once. */
type CheckMode = { mode: 'check' };

/** Only reads. The child sends undamaged records of format 1, and only the keys of all other entries. */
type SalvageMode = {
  mode: 'salvage';
  direction: 'forwards' | 'backwards';
  onFound: (found: FoundRecord) => void;
  /** Gets each entry's key in the tree. For a damaged entry, the key in its record follows: it may be the right one. */
  onReached: (part: RecordKind, keys: string[][]) => void;
};

/** Goes through a database's tree in a process of its own, because a damaged database may end that process. */
export async function inspect(dir: string, how: InspectionMode): Promise<Inspection> {
  const inspection: Inspection = { expected: undefined, read: undefined };
  const args = how.mode === 'salvage' ? [dir, how.mode, how.direction] : [dir, how.mode];
  const onMessage = (message: InspectionMessage) => {
    if (message.kind === 'counts') inspection.expected = message.counts;
    else if (message.kind === 'read') inspection.read = message.read;
    else if (how.mode === 'check') return;
    else if (message.kind === 'found') how.onFound(message.found);
    else how.onReached(message.part, message.keys);
  };
  await runChild('recovery/inspect-child', args, { onMessage, signal: how.signal });
  return inspection;
}

/** Whether the child finished and reached as many entries as there should be, damaged ones included. */
export function isAllReached({ expected, read }: Inspection): boolean {
  if (!expected || !read) return false;
  return read.pending + read.quarantined + read.damaged === expected.pending + expected.quarantined;
}
