import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

/** Beside the database: when that can't even tell how much it held, this does, as of about a second before. */
const FILE = 'pending-count';

/** How often the count is written, in ms. */
const INTERVAL_MS = 1_000;

/** Always so many bytes, so that a write replaces all of the one before. */
const WIDTH = 12;

/** Keeps the file up to date. Never in the way of callbacks: on a busy disk even a small write takes its time. */
export class PendingCountFile {
  readonly #count: () => number;
  readonly #timer: NodeJS.Timeout;
  readonly #file: Promise<FileHandle | undefined>;
  #written = Number.NaN;
  #writing: Promise<void>;

  constructor(dir: string, count: () => number) {
    this.#count = count;
    this.#file = open(join(dir, FILE), 'w').catch(() => undefined);
    this.#writing = this.#write();
    this.#timer = setInterval(() => {
      this.#writing = this.#writing.then(() => this.#write());
    }, INTERVAL_MS);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    await this.#write();
    await (await this.#file)?.close();
  }

  /** A full or broken disk is no reason to fail: the count is a help, not a promise. */
  async #write(): Promise<void> {
    const count = this.#count();
    if (count === this.#written) return;
    try {
      await (await this.#file)?.write(`${String(count).padEnd(WIDTH - 1)}\n`, 0);
      this.#written = count;
    } catch {
      // Said elsewhere: nothing can be journaled either.
    }
  }
}

/** Undefined: it can't be read, or says nothing. */
export function readPendingCount(dir: string): number | undefined {
  try {
    const text = readFileSync(join(dir, FILE), 'utf8').trim();
    return /^\d+$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}
