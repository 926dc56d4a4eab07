/** Entries that go to the disk together, and what tells their senders so. */
type Group<T> = {
  entries: T[];
  committed: Promise<void>;
  resolve: () => void;
  reject: (reason: unknown) => void;
  overdue: NodeJS.Timeout;
};

export type GroupCommitOptions<T> = {
  /** Resolves when all entries are on the disk; none of them is when it throws. */
  commit: (entries: T[]) => Promise<void>;
  /** From an entry's arrival until it is given up, in ms. */
  limit: number;
  /** Why it was given up. It may be on the disk all the same, if the disk was only slow. */
  overdue: () => Error;
};

/** Group commit: one at a time, and whatever arrives meanwhile shares the next one. */
export class GroupCommit<T> {
  readonly #options: GroupCommitOptions<T>;
  #waiting: Group<T> | undefined;
  #committing = false;

  constructor(options: GroupCommitOptions<T>) {
    this.#options = options;
  }

  /** Resolves when the entry is on the disk. */
  add(entry: T): Promise<void> {
    if (!this.#waiting) {
      this.#waiting = this.#open();
      // Not at once: what arrived in the same turn of the event loop goes together.
      if (!this.#committing) setImmediate(() => void this.#run());
    }
    this.#waiting.entries.push(entry);
    return this.#waiting.committed;
  }

  #open(): Group<T> {
    const { limit, overdue } = this.#options;
    const group = { entries: [] as T[] } as Group<T>;
    group.committed = new Promise((resolve, reject) => Object.assign(group, { resolve, reject }));
    group.overdue = setTimeout(() => {
      group.reject(overdue());
      // Its senders go another way: it need not be committed any more.
      if (this.#waiting === group) this.#waiting = undefined;
    }, limit);
    return group;
  }

  async #run(): Promise<void> {
    // Two can be on their way, where a group was given up before its turn came.
    if (this.#committing) return;
    this.#committing = true;
    for (let group = this.#waiting; group; group = this.#waiting) {
      this.#waiting = undefined;
      try {
        await this.#options.commit(group.entries);
        group.resolve();
      } catch (error) {
        group.reject(error);
      }
      clearTimeout(group.overdue);
    }
    this.#committing = false;
  }
}
