import { statfsSync } from 'node:fs';

/** Below this much free space nothing is journaled, in bytes: removing entries needs some room too. */
const RESERVE = 64 * 1024 * 1024;
/** On small disks a share of them. */
const RESERVE_SHARE = 0.1;

/** A look takes microseconds; this many milliseconds it holds good. Somebody else may fill the disk at any time. */
const FRESH_MS = 5;

/** Watches the free space under a folder. */
export class DiskSpace {
  readonly #dir: string;
  #isLow = false;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** What is free, and how much of it is kept free, in bytes; all 0 when the folder is gone, or its disk is. */
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
