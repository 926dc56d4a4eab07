import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { OperatorError } from '../../operator-error.ts';

type Locks = { tryLock(fd: number, options?: { shared: boolean }): boolean };
const { tryLock } = createRequire(import.meta.url)('fs-native-extensions') as Locks;

/** The process that holds this lock owns the journal. */
const OWNER_LOCK = 'owner.lock';

/**
 * The owner holds this lock too. A process that only asks whether the journal is owned tries this one, so that it
 * never gets in the way of a process that takes the journal.
 */
const QUERY_LOCK = 'owned.lock';

/** How long the owner waits for the query lock while other processes ask, and how often it tries again, in ms. */
const QUERY_LOCK_WAIT_MS = 500;
const TRY_EVERY_MS = 5;

/** Another process has the journal. */
export class JournalLockedError extends OperatorError {
  override name = 'JournalLockedError';

  constructor(dir: string) {
    super(
      `Another process of Unfriend has the journal in ${dir}. Each receiver needs one of its own: set JOURNAL_DIR or DATA_DIR to another folder.`,
    );
  }
}

/**
 * Takes the journal for this process. The operating system releases the lock when the process ends, however it ends.
 * So a restart never waits for it.
 *
 * @returns a function that releases the lock
 * @throws JournalLockedError
 */
export function lockJournal(dir: string): () => void {
  mkdirSync(dir, { recursive: true });
  const owner = openSync(join(dir, OWNER_LOCK), 'a+');
  if (!tryLock(owner)) {
    closeSync(owner);
    throw new JournalLockedError(dir);
  }
  const releaseQueryLock = takeQueryLock(dir);
  return () => {
    releaseQueryLock();
    closeSync(owner);
  };
}

/** Never throws: without this lock the process still owns the journal, and only `check` can't see that. */
function takeQueryLock(dir: string): () => void {
  try {
    const file = openSync(join(dir, QUERY_LOCK), 'a+');
    const until = performance.now() + QUERY_LOCK_WAIT_MS;
    while (!tryLock(file) && performance.now() < until) Atomics.wait(sleeper, 0, 0, TRY_EVERY_MS);
    return () => closeSync(file);
  } catch {
    return () => undefined;
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Whether a process owns the journal. Any number of processes may ask at once, also while one takes the journal. */
export function isLocked(dir: string): boolean {
  const path = join(dir, QUERY_LOCK);
  if (!existsSync(path)) return false;
  const file = openSync(path, 'r');
  try {
    return !tryLock(file, { shared: true });
  } finally {
    closeSync(file);
  }
}
