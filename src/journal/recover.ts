import { copyFileSync, existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { seenKey } from '../callback/delivery-id.ts';
import type { Logger } from '../telemetry/logger.ts';
import { runChild } from './child.ts';
import { type Counts, readCounts } from './counts.ts';
import type { PendingDelivery, Quarantined } from './record.ts';
import { JournalStore, SET_UP_MARK } from './store.ts';

/** What of a damaged journal was taken over into a new one. */
export type Salvaged = {
  /** Where the damaged one is kept, whole. */
  setAside: string;
  pending: number;
  quarantined: number;
  /** What it held, quarantine included, and can't be read; undefined: it can't even tell how much it held. */
  lost: number | undefined;
};

export type RecoverOptions = {
  dir: string;
  remember: number;
  logger: Logger;
  /** Breaks it off: nothing is changed then, and the reason is thrown. */
  signal?: AbortSignal | undefined;
};

/** What the inspecting child sends: first how much there should be, then what it can read, then that it is done. */
export type InspectionMessage =
  | { kind: 'counts'; pending: number; quarantined: number }
  | { kind: 'pending'; key: string; record: PendingDelivery }
  | { kind: 'quarantined'; key: string; record: Quarantined }
  | { kind: 'read'; pending: number; quarantined: number; damaged: number };

const DATABASE = 'data.mdb';
const LOCKS = 'lock.mdb';
/** Within the journal's folder: where what can be read is gathered. */
const GATHERED = 'taken-over';

/**
 * Looks through the journal before it is used. A damaged one is set aside, never deleted, and what can be read
 * of it goes into a new one.
 *
 * @returns undefined when nothing was wrong
 */
export async function recoverJournal(options: RecoverOptions): Promise<Salvaged | undefined> {
  const { dir, logger, signal } = options;
  if (!existsSync(join(dir, SET_UP_MARK))) {
    // Whatever is there was never written to: the process ended while it set the journal up.
    for (const file of [DATABASE, LOCKS]) rmSync(join(dir, file), { force: true });
    return undefined;
  }
  const startedAt = performance.now();
  const check = await inspect(dir, 'check', { signal });
  if (isWhole(check)) {
    const { pending, quarantined } = check.expected;
    logger.info({ pending, quarantined, ms: Math.round(performance.now() - startedAt) }, 'journal checked');
    return undefined;
  }
  const setAside = keep(dir);
  logger.error(
    { setAside },
    'the journal is damaged: it is set aside, and what can be read of it is taken over',
  );
  const salvaged = await takeOver(options, setAside).catch((error: unknown) => {
    // The damaged journal is still in its place, whole: its second name and the half of a new one are of no use.
    for (const leftover of [setAside, join(dir, GATHERED)])
      rmSync(leftover, { recursive: true, force: true });
    throw error;
  });
  rmSync(join(dir, LOCKS), { force: true });
  renameSync(join(dir, GATHERED, DATABASE), join(dir, DATABASE));
  rmSync(join(dir, GATHERED), { recursive: true });
  logger.error(
    { ...salvaged },
    salvaged.lost === 0 ? 'nothing was lost' : 'deliveries were lost with the journal',
  );
  return salvaged;
}

type Inspection = {
  expected: Counts | undefined;
  /** Undefined when the child did not come to the end. */
  read: { pending: number; quarantined: number; damaged: number } | undefined;
};

function isWhole(found: Inspection): found is Inspection & { expected: Counts } {
  const { expected, read } = found;
  if (!expected || !read) return false;
  return read.damaged === 0 && read.pending === expected.pending && read.quarantined === expected.quarantined;
}

type InspectOptions = {
  direction?: 'forwards' | 'backwards';
  onRecord?: (message: InspectionMessage) => void;
  signal: AbortSignal | undefined;
};

async function inspect(
  dir: string,
  mode: 'check' | 'salvage',
  { direction = 'forwards', onRecord, signal }: InspectOptions,
): Promise<Inspection> {
  const found: Inspection = { expected: undefined, read: undefined };
  const onMessage = (message: InspectionMessage) => {
    if (message.kind === 'counts') found.expected = message;
    else if (message.kind === 'read') found.read = message;
    else onRecord?.(message);
  };
  await runChild('inspect-child', [dir, mode, direction], { onMessage, signal });
  return found;
}

/** A second name for the damaged file: it is the journal until what it holds was taken over, whatever ends that. */
function keep(dir: string): string {
  const time = new Date().toISOString().replaceAll(':', '');
  const setAside = join(dirname(dir), `${basename(dir)}.corrupt-${time}`);
  mkdirSync(setAside, { recursive: true });
  if (!existsSync(join(dir, DATABASE))) return setAside;
  try {
    linkSync(join(dir, DATABASE), join(setAside, DATABASE));
  } catch {
    copyFileSync(join(dir, DATABASE), join(setAside, DATABASE));
  }
  return setAside;
}

/**
 * Reads from the front and, since damage can stop that, from the back. The new database takes the damaged one's
 * place at once, when it is whole: a process killed meanwhile leaves the damaged one, for the next to begin anew.
 */
async function takeOver({ dir, remember, signal }: RecoverOptions, setAside: string): Promise<Salvaged> {
  const gathered = join(dir, GATHERED);
  rmSync(gathered, { recursive: true, force: true });
  const store = await JournalStore.open({ dir: gathered, remember });
  const taken = new Set<string>();
  const counts = { pending: 0, quarantined: 0 };
  const writes: Promise<void>[] = [];
  const onRecord = (message: InspectionMessage) => {
    if (message.kind !== 'pending' && message.kind !== 'quarantined') return;
    if (taken.has(message.key)) return;
    taken.add(message.key);
    counts[message.kind] += 1;
    writes.push(
      message.kind === 'pending'
        ? store.append([{ pending: message.record, seenKey: seenKeyOf(message.record) }])
        : store.addQuarantined(message.record),
    );
  };
  try {
    const { expected } = await inspect(setAside, 'salvage', { onRecord, signal });
    await inspect(setAside, 'salvage', { direction: 'backwards', onRecord, signal });
    await Promise.all(writes);
    return { setAside, ...counts, lost: countLost(expected ?? readCounts(dir), counts) };
  } finally {
    await Promise.allSettled(writes);
    await store.close();
  }
}

function seenKeyOf({ origin, delivery }: PendingDelivery): string {
  return seenKey(origin, delivery.deliveryId);
}

/** Where the database can't tell what it held, the file beside it does. */
function countLost(held: Counts | undefined, read: Counts): number | undefined {
  if (!held) return undefined;
  return Math.max(0, held.pending - read.pending) + Math.max(0, held.quarantined - read.quarantined);
}
