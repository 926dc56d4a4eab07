import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE, LOCKS } from '../database.ts';

/** A look takes microseconds; this many milliseconds it holds good where no commit depends on it. */
const FRESH_MS = 5;

/**
 * Watches whether the files of an open journal are still the ones under its folder. A folder that is moved, deleted
 * or mounted over takes writes as before, into files that the next process will not find.
 */
export class OpenFiles {
  readonly #dir: string;
  readonly #opened: readonly string[];
  readonly #onReplaced: (reason: string) => void;
  #replaced: string | undefined;
  #lookedAt = performance.now();

  /** To be made right after the database was opened. */
  constructor(dir: string, onReplaced: (reason: string) => void) {
    this.#dir = dir;
    this.#opened = this.#identities();
    this.#onReplaced = onReplaced;
  }

  /** As of the last look. Files that were replaced once stay replaced: a restart opens the new ones. */
  get knownReplaced(): string | undefined {
    return this.#replaced;
  }

  /** As of a few milliseconds ago at most. */
  get replaced(): string | undefined {
    return performance.now() - this.#lookedAt > FRESH_MS ? this.look() : this.#replaced;
  }

  /** Looks now. @returns why the open files are not the journal any more; undefined: they are */
  look(): string | undefined {
    this.#lookedAt = performance.now();
    if (this.#replaced !== undefined) return this.#replaced;
    const identities = this.#identities();
    if (identities.every((identity, index) => identity === this.#opened[index])) return undefined;
    this.#replaced = `the journal's folder is gone: ${this.#dir} was moved, deleted, replaced or mounted over`;
    this.#onReplaced(this.#replaced);
    return this.#replaced;
  }

  /** Of the locks too: another process that makes new ones writes at the same time as this one. */
  #identities(): string[] {
    return [DATABASE, LOCKS].map((file) => identity(join(this.#dir, file)));
  }
}

function identity(path: string): string {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
