import { copyFileSync, existsSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { PayloadKey } from '../../encryption/payload-keys.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { DATABASE, LOCKS, SET_UP_MARK } from '../database.ts';
import { inodeOf, readCounts } from '../folder/counts.ts';
import { gatheredDir, replaceDatabase } from '../folder/replace-database.ts';
import { type Inspection, inspect } from './inspect.ts';
import { readMetaPages } from './meta-pages.ts';
import { scanRecords } from './scan.ts';
import { type Salvaged, takeOver } from './take-over.ts';

export type RecoverOptions = {
  dir: string;
  remember: number;
  /** What can be decrypted is encrypted again with the first one. Recovery itself needs none. */
  payloadKeys?: readonly PayloadKey[] | undefined;
  logger: Logger;
  /** Stops the recovery: the journal then stays as it was, and the signal's reason is thrown. */
  signal?: AbortSignal | undefined;
};

/**
 * Checks the journal before it is used. A damaged one is set aside, never deleted, and all of it that can be read goes
 * into a new one.
 *
 * @returns undefined when nothing was wrong
 */
export async function recoverJournal(options: RecoverOptions): Promise<Salvaged | undefined> {
  const { dir, remember, payloadKeys = [], logger, signal } = options;
  if (!existsSync(join(dir, SET_UP_MARK)) && !(await holdsRecords(dir))) {
    // The process ended while it set the journal up.
    for (const file of [DATABASE, LOCKS]) rmSync(join(dir, file), { force: true });
    return undefined;
  }
  const damage = await findDamage(options);
  if (!damage) return undefined;
  const setAside = setDatabaseAside(dir);
  logger.error(
    { setAside, ...damage },
    'the journal is damaged: it is set aside, and what can be read of it is taken over',
  );
  const gathered = gatheredDir(dir);
  const counts = readCounts(dir);
  const from = { setAside, gathered, remember, payloadKeys, counts, signal, ...damage };
  const salvaged = await takeOver(from).catch((error: unknown) => {
    // The damaged journal is still in its place. Its second name and the unfinished new one are of no use.
    for (const leftover of [setAside, gathered]) rmSync(leftover, { recursive: true, force: true });
    throw error;
  });
  replaceDatabase(dir);
  logger.error(
    { ...salvaged },
    salvaged.lost === 0 ? 'nothing was lost' : 'deliveries were lost with the journal',
  );
  return salvaged;
}

/** A journal that was set aside has no mark. Somebody may start a receiver on it, to hand over what it holds. */
async function holdsRecords(dir: string): Promise<boolean> {
  const file = join(dir, DATABASE);
  if (!existsSync(file)) return false;
  for await (const _ of scanRecords(file)) return true;
  return false;
}

/** What is wrong with a journal, and whether the database may be older than what was last acknowledged. */
type Damage = { reason: string; isStale: boolean };

async function findDamage({ dir, logger, signal }: RecoverOptions): Promise<Damage | undefined> {
  // Look before anything opens the database: LMDB would write over the newer pages.
  const stale = findStale(dir);
  if (stale) return { reason: stale, isStale: true };
  const startedAt = performance.now();
  const check = await inspect(dir, { mode: 'check', signal });
  const reason = describeDamage(check);
  if (reason) return { reason, isStale: false };
  const ms = Math.round(performance.now() - startedAt);
  logger.debug({ ...check.expected, ms }, 'journal checked');
  return undefined;
}

/** Why LMDB would show an older state than the last commit; undefined: it would not. */
function findStale(dir: string): string | undefined {
  if (!existsSync(join(dir, DATABASE))) return undefined;
  try {
    const { fault, lastTransaction } = readMetaPages(join(dir, DATABASE)) ?? {};
    return fault ?? (lastTransaction === undefined ? undefined : compareWithCounts(dir, lastTransaction));
  } catch (error) {
    return `its meta pages can't be read: ${(error as Error).message}`;
  }
}

/** The counts are written only after their commit was synced. So a database with an earlier last commit is old. */
function compareWithCounts(dir: string, lastTransaction: number): string | undefined {
  const counts = readCounts(dir);
  if (!counts || counts.inode !== inodeOf(dir) || lastTransaction >= counts.lastTransaction) return undefined;
  return `its last commit is ${lastTransaction}, but there was a commit ${counts.lastTransaction}`;
}

/** Undefined: everything could be read, and is as much as there should be. */
function describeDamage({ expected, read }: Inspection): string | undefined {
  if (!expected) return "its root can't be read";
  if (!read) return 'reading it ended the process that read it';
  if (read.damaged > 0) return `${read.damaged} of its places are damaged`;
  const { pending, quarantined } = read;
  const isAll = pending === expected.pending && quarantined === expected.quarantined;
  const held = expected.pending + expected.quarantined;
  return isAll ? undefined : `only ${pending + quarantined} of its ${held} entries can be reached`;
}

/**
 * Gives the damaged file a second name. Under its first name it stays the journal until everything was taken over, so
 * that an interrupted recovery can begin again.
 */
function setDatabaseAside(dir: string): string {
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
