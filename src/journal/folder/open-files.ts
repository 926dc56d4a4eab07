import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE, LOCKS } from '../database.ts';

/** How long one look counts where no commit depends on it, in ms. A look takes microseconds. */
const FRESH_MS = 5;

/**
 * Watches whether the files of an open journal are still the ones in its folder. After the folder was moved, deleted
 * or mounted over, writes still succeed, but into files that the next process will not find.
 */
export class OpenFiles {
  readonly #dir: string;
  readonly #opened: readonly string[];
  readonly #onReplaced: (reason: string) => void;
  #replaced: string | undefined;
  #lookedAt = performance.now();

  /** Create it right after the database was opened. */
  constructor(dir: string, onReplaced: (reason: string) => void) {
    this.#dir = dir;
    this.#opened = this.#identities();
    this.#onReplaced = onReplaced;
  }

  /** Why the files were replaced, as of the last look. It stays set: only a restart opens the new files. */
  get knownReplaced(): string | undefined {
    return this.#replaced;
  }

  /** Why the files were replaced. The last look was a few milliseconds ago at most. */
  get replaced(): string | undefined {
    return performance.now() - this.#lookedAt > FRESH_MS ? this.look() : this.#replaced;
  }

  /** Looks now. @returns why the open files are no longer the journal; undefined: they still are */
  look(): string | undefined {
    this.#lookedAt = performance.now();
    if (this.#replaced !== undefined) return this.#replaced;
    const identities = this.#identities();
    if (identities.every((identity, index) => identity === this.#opened[index])) return undefined;
    this.#replaced = `the journal's folder is gone: ${this.#dir} was moved, deleted, replaced or mounted over`;
    this.#onReplaced(this.#replaced);
    return this.#replaced;
  }

  /** The lock file counts too: if another process has created a new one, both processes write at the same time. */
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
