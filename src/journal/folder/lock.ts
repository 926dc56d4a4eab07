import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { OperatorError } from '../../operator-error.ts';

type Locks = { tryLock(fd: number, options?: { shared: boolean }): boolean };
const { tryLock } = createRequire(import.meta.url)('fs-native-extensions') as Locks;

/** Whoever has it has the journal. */
const OWNER = 'owner.lock';

/** The owner has this one too. Who only asks tries it, and so is never in the way of a process that starts. */
const SIGN = 'owned.lock';

/** For how long a process that asks may be in the way of the sign, in ms, and how often it is tried again. */
const SIGN_MS = 500;
const TRY_MS = 5;

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
  const owner = openSync(join(dir, OWNER), 'a+');
  if (!tryLock(owner)) {
    closeSync(owner);
    throw new JournalLockedError(dir);
  }
  const takeDown = putUpSign(dir);
  return () => {
    takeDown();
    closeSync(owner);
  };
}

/** Without the sign the journal is owned all the same, and `check` alone does not know: nothing here may fail. */
function putUpSign(dir: string): () => void {
  try {
    const sign = openSync(join(dir, SIGN), 'a+');
    const until = performance.now() + SIGN_MS;
    while (!tryLock(sign) && performance.now() < until) Atomics.wait(sleeper, 0, 0, TRY_MS);
    return () => closeSync(sign);
  } catch {
    return () => undefined;
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Whether a process has the journal. Any number may ask at once, also while a process takes it. */
export function isLocked(dir: string): boolean {
  const path = join(dir, SIGN);
  if (!existsSync(path)) return false;
  const sign = openSync(path, 'r');
  try {
    return !tryLock(sign, { shared: true });
  } finally {
    closeSync(sign);
  }
}
