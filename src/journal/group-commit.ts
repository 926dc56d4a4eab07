/** Entries that go to the disk together, and what tells their senders so. */
type Group<T> = {
  entries: T[];
  isGivenUp: boolean;
  committed: Promise<void>;
  resolve: () => void;
  reject: (reason: unknown) => void;
  overdue: NodeJS.Timeout;
};

export type GroupCommitOptions<T> = {
  /**
   * Waits for its turn, then takes the entries and writes them; until then more may join them. Resolves when all
   * are on the disk; none of them is when it throws.
   */
  commit: (take: () => T[]) => Promise<void>;
  /** From an entry's arrival until it is given up, in ms. */
  limit: number;
  /** Why it was given up. It may be on the disk all the same, if the disk was only slow. */
  overdue: () => Error;
};

/** Gathers entries until the turn of their commit comes. They share one promise: each costs a callback time. */
export class GroupCommit<T> {
  readonly #options: GroupCommitOptions<T>;
  #gathering: Group<T> | undefined;

  constructor(options: GroupCommitOptions<T>) {
    this.#options = options;
  }

  /** Resolves when the entry is on the disk. */
  add(entry: T): Promise<void> {
    this.#gathering ??= this.#open();
    this.#gathering.entries.push(entry);
    return this.#gathering.committed;
  }

  #open(): Group<T> {
    const { limit, overdue } = this.#options;
    const group = { entries: [] as T[], isGivenUp: false } as Group<T>;
    group.committed = new Promise((resolve, reject) => Object.assign(group, { resolve, reject }));
    group.overdue = setTimeout(() => {
      group.isGivenUp = true;
      group.reject(overdue());
      this.#close(group);
    }, limit);
    void this.#commit(group);
    return group;
  }

  async #commit(group: Group<T>): Promise<void> {
    try {
      await this.#options.commit(() => {
        this.#close(group);
        // The senders of a group that was given up go another way: it need not be committed any more.
        return group.isGivenUp ? [] : group.entries;
      });
      group.resolve();
    } catch (error) {
      group.reject(error);
    }
    clearTimeout(group.overdue);
  }

  #close(group: Group<T>): void {
    if (this.#gathering === group) this.#gathering = undefined;
  }
}
