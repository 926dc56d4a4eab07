import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

/** Beside the database: when that can't even tell how much it held, this does, as of about a second before. */
const FILE = 'counts';

/** How often the counts are written, in ms. */
const INTERVAL_MS = 1_000;

/** Always so many bytes, so that a write replaces all of the one before. */
const WIDTH = 24;

/** What a journal holds. */
export type Counts = { pending: number; quarantined: number };

type Counted = { pendingCount: number; quarantinedCount: number };

/** Keeps the file up to date. Never in the way of callbacks: on a busy disk even a small write takes its time. */
export class CountsFile {
  readonly #counted: Counted;
  readonly #timer: NodeJS.Timeout;
  readonly #file: Promise<FileHandle | undefined>;
  #written = '';
  #writing: Promise<void>;

  constructor(dir: string, counted: Counted) {
    this.#counted = counted;
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

  /** A full or broken disk is no reason to fail: the counts are a help, not a promise. */
  async #write(): Promise<void> {
    const { pendingCount, quarantinedCount } = this.#counted;
    const counts = `${pendingCount} ${quarantinedCount}`;
    if (counts === this.#written) return;
    try {
      await (await this.#file)?.write(`${counts.padEnd(WIDTH - 1)}\n`, 0);
      this.#written = counts;
    } catch {
      // Said elsewhere: nothing can be journaled either.
    }
  }
}

/** Undefined: they can't be read. */
export function readCounts(dir: string): Counts | undefined {
  try {
    const text = readFileSync(join(dir, FILE), 'utf8').trim();
    const [, pending, quarantined] = /^(\d+) (\d+)$/.exec(text) ?? [];
    return pending && quarantined
      ? { pending: Number(pending), quarantined: Number(quarantined) }
      : undefined;
  } catch {
    return undefined;
  }
}
