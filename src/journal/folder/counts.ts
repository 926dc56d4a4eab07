import { closeSync, openSync, readFileSync, statSync, write, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import xxhash from 'xxhash-wasm';
import { DATABASE } from '../database.ts';

/** The name of the file. It tells a recovery how many entries the database held about a second before the end. */
const FILE = 'counts';

/** How often it is written, in ms. */
const INTERVAL_MS = 1_000;

/** The file always has this many bytes, so that each write replaces the whole of the one before. */
const WIDTH = 160;

/** How many entries a journal holds. */
export type Counts = { pending: number; quarantined: number };

/** What the file says about the journal, as of the file's last write. */
export type LastCounts = Counts & {
  /** The number of the database's last commit. */
  lastTransaction: number;
  /** Which database file this is about: a copy or a new database has another inode. */
  inode: number;
  /** Every delivery that was pending then, or was journaled later, has this key or a higher one. */
  lowestKey: string;
};

type Counted = { pendingCount: number; quarantinedCount: number; lastTransaction: number; lowestKey: string };

const { h64ToString } = await xxhash();
const writeAt = promisify(write);

/**
 * Keeps the file up to date. It writes in the background: on a busy disk even a small write is slow, and callbacks
 * must not wait for it.
 */
export class CountsFile {
  readonly #counted: Counted;
  readonly #inode: number;
  readonly #file: number | undefined;
  readonly #timer: NodeJS.Timeout;
  #written = '';
  #writing: Promise<void> = Promise.resolve();

  /** Writes at once, because the lowest key that an earlier process wrote is no limit for this process's keys. */
  constructor(dir: string, counted: Counted) {
    this.#counted = counted;
    this.#inode = inodeOf(dir);
    this.#file = openOrNone(join(dir, FILE));
    this.#writeNow();
    this.#timer = setInterval(() => {
      this.#writing = this.#writing.then(() => this.#write());
    }, INTERVAL_MS);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    await this.#write();
    if (this.#file !== undefined) closeSync(this.#file);
  }

  /** Never throws, not even on a full or broken disk: the counts only help a recovery. */
  #writeNow(): void {
    if (this.#file === undefined) return;
    try {
      writeSync(this.#file, this.#line(), 0);
    } catch {
      // Nothing can be journaled on such a disk either, and that is reported.
    }
  }

  async #write(): Promise<void> {
    const line = this.#line();
    if (this.#file === undefined || line === this.#written) return;
    try {
      await writeAt(this.#file, line, 0);
      this.#written = line;
    } catch {
      // As in #writeNow.
    }
  }

  #line(): string {
    const { pendingCount, quarantinedCount, lastTransaction, lowestKey } = this.#counted;
    return encode([pendingCount, quarantinedCount, lastTransaction, this.#inode, lowestKey].join(' '));
  }
}

/** Undefined: the file is missing, or it can't be read. */
export function readCounts(dir: string): LastCounts | undefined {
  try {
    const text = readFileSync(join(dir, FILE), 'utf8').trim();
    const [, counted = '', checksum] = /^(.+) (\w+)$/.exec(text) ?? [];
    if (h64ToString(counted) !== checksum) return undefined;
    const [pending, quarantined, lastTransaction, inode, lowestKey = ''] = counted.split(' ');
    return {
      pending: Number(pending),
      quarantined: Number(quarantined),
      lastTransaction: Number(lastTransaction),
      inode: Number(inode),
      lowestKey,
    };
  } catch {
    return undefined;
  }
}

export function inodeOf(dir: string): number {
  return statSync(join(dir, DATABASE)).ino;
}

/** Adds a checksum, because counts that the disk damaged must not decide what is taken over. */
function encode(counted: string): string {
  return `${`${counted} ${h64ToString(counted)}`.padEnd(WIDTH - 1)}\n`;
}

function openOrNone(path: string): number | undefined {
  try {
    return openSync(path, 'w');
  } catch {
    return undefined;
  }
}
