/**
 * `now`: somebody waits for its answer. `soon`: it shares the next commit, and has one of its own only where none
 * comes for SOON_MS, so that it never holds up a callback that comes meanwhile.
 */
export type Urgency = 'now' | 'soon';

const SOON_MS = 5;

/** A write that waits for its turn, and what tells its sender. */
type Waiting = { write: () => void; resolve: () => void; reject: (reason: unknown) => void };

/**
 * Runs `writes` in one transaction. Resolves when it is on the disk.
 *
 * @throws Error whose message says why the disk refused it
 */
export type Commit = (writes: () => void) => Promise<void>;

/**
 * Every write of a database goes through here: one commit at a time, and the writes that wait meanwhile share the
 * next one. After a refused commit there is none any more, because lmdb-js 3.5.6 corrupts its heap at the second.
 */
export class CommitQueue {
  readonly #commit: Commit;
  #waiting: Waiting[] = [];
  #isUrgent = false;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failure: Error | undefined;

  constructor(commit: Commit) {
    this.#commit = commit;
  }

  /** Why a commit was refused. */
  get failure(): string | undefined {
    return this.#failure?.message;
  }

  /**
   * Resolves when what `write` writes is on the disk.
   *
   * @param write is called when the turn has come; what it throws fails this write and no other
   */
  add(write: () => void, urgency: Urgency = 'now'): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      this.#isUrgent ||= urgency === 'now';
      this.#schedule();
    });
  }

  /** Resolves when nothing waits any more. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#running !== undefined) {
      this.#hurry();
      await this.#running;
    }
  }

  #schedule(): void {
    if (this.#running || this.#waiting.length === 0) return;
    if (this.#isUrgent) this.#running = this.#run();
    else this.#timer ??= setTimeout(() => this.#hurry(), SOON_MS);
  }

  #hurry(): void {
    this.#isUrgent = true;
    this.#schedule();
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // Not at once: what arrives in the same turn of the event loop goes together.
    await new Promise(setImmediate);
    while (this.#isUrgent) {
      const group = this.#waiting;
      this.#waiting = [];
      this.#isUrgent = false;
      await this.#commitGroup(group);
    }
    this.#running = undefined;
    this.#schedule();
  }

  async #commitGroup(group: Waiting[]): Promise<void> {
    let written: Waiting[] = [];
    try {
      if (this.#failure) throw this.#failure;
      await this.#commit(() => {
        written = group.filter(hasWritten);
      });
      for (const { resolve } of written) resolve();
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
      for (const { reject } of group) reject(this.#failure);
    }
  }
}

/** Whether it could write; one that could not is told why. */
function hasWritten({ write, reject }: Waiting): boolean {
  try {
    write();
    return true;
  } catch (error) {
    reject(error);
    return false;
  }
}
