import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { OperatorError } from '../operator-error.ts';

type Locks = { tryLock(fd: number): boolean };
const { tryLock } = createRequire(import.meta.url)('fs-native-extensions') as Locks;

const LOCK = 'owner.lock';

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
 * Takes the journal for this process. The operating system holds the lock and lets go of it with the process,
 * however that ends: a restart never waits.
 *
 * @returns a function that lets go
 * @throws JournalLockedError
 */
export function lockJournal(dir: string): () => void {
  mkdirSync(dir, { recursive: true });
  const fd = openSync(join(dir, LOCK), 'a+');
  if (tryLock(fd)) return () => closeSync(fd);
  closeSync(fd);
  throw new JournalLockedError(dir);
}

/** Whether a process has the journal. A look that takes it for an instant. */
export function isLocked(dir: string): boolean {
  const path = join(dir, LOCK);
  if (!existsSync(path)) return false;
  const fd = openSync(path, 'r+');
  const locked = !tryLock(fd);
  closeSync(fd);
  return locked;
}
