/** Entries that share one commit, and the promise that their senders share. */
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
   * Waits for its turn, then calls `take` and writes the entries that it returns. Until then more entries may join.
   * Resolves when all are on the disk. If it throws, none of them is.
   */
  commit: (take: () => T[]) => Promise<void>;
  /** How long the first entry of a group waits until the group is given up, in ms. */
  limit: number;
  /** Why a group was given up. If the disk was only slow, its entries may be on the disk anyway. */
  overdue: () => Error;
};

/** Gathers entries until their commit begins. They share one promise, because every promise costs a callback time. */
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
        // The senders of a group that was given up do not wait any more, so it need not be committed.
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
