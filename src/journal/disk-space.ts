import { statfsSync } from 'node:fs';

/** Below this much free space nothing is journaled, in bytes: removing entries needs some room too. */
const RESERVE = 64 * 1024 * 1024;
/** On small disks a share of them. */
const RESERVE_SHARE = 0.1;
const CHECK_MS = 1_000;

/** Watches the free space under a folder. */
export class DiskSpace {
  readonly #dir: string;
  readonly #timer: NodeJS.Timeout;
  isLow: boolean;

  constructor(dir: string) {
    this.#dir = dir;
    this.isLow = this.#check();
    this.#timer = setInterval(() => {
      this.isLow = this.#check();
    }, CHECK_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #check(): boolean {
    try {
      const { bavail, blocks, bsize } = statfsSync(this.#dir);
      return bavail * bsize < Math.min(RESERVE, blocks * bsize * RESERVE_SHARE);
    } catch {
      // The folder is gone, or its disk is.
      return true;
    }
  }
}
