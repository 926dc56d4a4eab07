import { closeSync, openSync, readFileSync, statSync, write, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import xxhash from 'xxhash-wasm';
import { DATABASE } from '../database.ts';

/** Beside the database: when that can't tell what it should hold, this does, as of about a second before. */
const FILE = 'counts';

/** How often it is written, in ms. */
const INTERVAL_MS = 1_000;

/** Always so many bytes, so that a write replaces all of the one before. */
const WIDTH = 160;

/** What a journal holds. */
export type Counts = { pending: number; quarantined: number };

/** What the file says of the journal, as it was when it was written. */
export type LastCounts = Counts & {
  /** The database's last commit, and which file that is: a copy or a successor has other numbers. */
  lastTransaction: number;
  inode: number;
  /** Whatever was pending, or became so later, has this key or a higher one. */
  lowestKey: string;
};

type Counted = { pendingCount: number; quarantinedCount: number; lastTransaction: number; lowestKey: string };

const { h64ToString } = await xxhash();
const writeAt = promisify(write);

/** Keeps the file up to date. Never in the way of callbacks: on a busy disk even a small write takes its time. */
export class CountsFile {
  readonly #counted: Counted;
  readonly #inode: number;
  readonly #file: number | undefined;
  readonly #timer: NodeJS.Timeout;
  #written = '';
  #writing: Promise<void> = Promise.resolve();

  /** Writes at once: the lowest key of the process before says nothing of the keys of this one. */
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

  /** A full or broken disk is no reason to fail: the counts are a help, not a promise. */
  #writeNow(): void {
    if (this.#file === undefined) return;
    try {
      writeSync(this.#file, this.#line(), 0);
    } catch {
      // Said elsewhere: nothing can be journaled either.
    }
  }

  async #write(): Promise<void> {
    const line = this.#line();
    if (this.#file === undefined || line === this.#written) return;
    try {
      await writeAt(this.#file, line, 0);
      this.#written = line;
    } catch {
      // As above.
    }
  }

  #line(): string {
    const { pendingCount, quarantinedCount, lastTransaction, lowestKey } = this.#counted;
    return encode([pendingCount, quarantinedCount, lastTransaction, this.#inode, lowestKey].join(' '));
  }
}

/** Undefined: there are none, or they can't be read. */
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

/** With a checksum: a count that the disk damaged must not decide what is taken over. */
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
