import { closeSync, mkdirSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { OperatorError } from '../operator-error.ts';

type Locks = { tryLock(fd: number): boolean };
const { tryLock } = createRequire(import.meta.url)('fs-native-extensions') as Locks;

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
  const fd = openSync(join(dir, 'owner.lock'), 'a+');
  if (tryLock(fd)) return () => closeSync(fd);
  closeSync(fd);
  throw new JournalLockedError(dir);
}
