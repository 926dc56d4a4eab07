/**
 * `now`: somebody waits for this write. `soon`: the write joins the next commit. It gets a commit of its own only if
 * none comes within SOON_MS, so that it never delays a callback.
 */
export type Urgency = 'now' | 'soon';

const SOON_MS = 5;

/** A write that waits for a commit, and what settles its sender's promise. */
type Waiting = { write: () => void; resolve: () => void; reject: (reason: unknown) => void };

/**
 * Runs `writes` in one transaction. Resolves when it is on the disk.
 *
 * @throws Error whose message says why the disk refused it
 */
export type Commit = (writes: () => void) => Promise<void>;

/**
 * Runs every write of a database. There is one commit at a time, and the writes that arrive during it share the next
 * one. After one refused commit every later write fails: lmdb-js 3.5.6 corrupts its heap at a second refusal.
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

  /** Why a commit was refused; undefined: none was. */
  get failure(): string | undefined {
    return this.#failure?.message;
  }

  /**
   * Resolves when what `write` writes is on the disk.
   *
   * @param write called when its commit begins; an error that it throws fails this write and no other
   */
  add(write: () => void, urgency: Urgency = 'now'): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      this.#isUrgent ||= urgency === 'now';
      this.#schedule();
    });
  }

  /** Resolves when no write is waiting or running. */
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
    // Wait for the end of this turn of the event loop, so that all writes of the turn share one commit.
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

/** Whether the write succeeded. If it threw, its sender's promise is rejected here. */
function hasWritten({ write, reject }: Waiting): boolean {
  try {
    write();
    return true;
  } catch (error) {
    reject(error);
    return false;
  }
}
