import { runChild } from '../child.ts';
import type { Counts } from '../folder/counts.ts';
import type { RecordKind } from '../record.ts';
import type { FoundRecord } from '../store.ts';

/** What the inspecting child sends: first how much there should be, then what it can read, then that it is done. */
export type InspectionMessage =
  | { kind: 'counts'; counts: Counts }
  | { kind: 'found'; found: FoundRecord }
  | { kind: 'reached'; part: RecordKind; keys: string[][] }
  | { kind: 'read'; read: ReadCounts };

/** What could be read, and how many places could not. */
type ReadCounts = Counts & { damaged: number };

export type Inspection = {
  /** How much there should be. Undefined when the database can't tell. */
  expected: Counts | undefined;
  /** Undefined when the child did not come to the end. */
  read: ReadCounts | undefined;
};

export type InspectionMode = { signal: AbortSignal | undefined } /** Reads everything and writes once. */ & (
  | { mode: 'check' }
  /** Reads only, and sends whole records of format 1, and of all others the keys. */
  | {
      mode: 'salvage';
      direction: 'forwards' | 'backwards';
      onFound: (found: FoundRecord) => void;
      /** Each entry has one key, and a damaged one a second that may be the right one. */
      onReached: (part: RecordKind, keys: string[][]) => void;
    }
);

/** Goes through a database's tree, in a process of its own, which a damaged one may end. */
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

/** Whether the child came to the end, and as many entries were there as there should be, damaged or not. */
export function isAllReached({ expected, read }: Inspection): boolean {
  if (!expected || !read) return false;
  return read.pending + read.quarantined + read.damaged === expected.pending + expected.quarantined;
}
