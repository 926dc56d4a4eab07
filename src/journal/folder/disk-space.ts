import { statfsSync } from 'node:fs';

/** With less free space than this, in bytes, nothing is journaled: removing entries needs some space too. */
const RESERVE = 64 * 1024 * 1024;
/** On a small disk the reserve is this share of the disk. */
const RESERVE_SHARE = 0.1;

/** How long one look counts, in ms. A look takes microseconds, and others may fill the disk at any time. */
const FRESH_MS = 5;

/** Watches the free space on a folder's disk. */
export class DiskSpace {
  readonly #dir: string;
  #isLow = false;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** How much is free, and how much of that is kept free, in bytes. Both are 0 when the folder or its disk is gone. */
  get space(): { free: number; reserve: number } {
    try {
      const { bavail, blocks, bsize } = statfsSync(this.#dir);
      return { free: bavail * bsize, reserve: Math.min(RESERVE, blocks * bsize * RESERVE_SHARE) };
    } catch {
      return { free: 0, reserve: 0 };
    }
  }

  get isLow(): boolean {
    const now = performance.now();
    if (now - this.#lookedAt > FRESH_MS) {
      this.#lookedAt = now;
      const { free, reserve } = this.space;
      this.#isLow = reserve === 0 || free < reserve;
    }
    return this.#isLow;
  }
}
