import type { Database } from 'lmdb';
import type { KnownKey } from '../callback/delivery-id.ts';

/** What a journal remembers of a callback, to recognise it when it comes again. */
export type Seen = KnownKey & { deliveryId: string; at: number };

/** How long the journal recognises a RequestId at least, in ms. After that only Temporal does. */
const REMEMBER_MS = 3_600_000;

/**
 * Recognises callbacks that come again. Two generations take turns: when the time of one is over, the other is emptied
 * as a whole and written to next. So forgetting costs no callback time.
 */
export class SeenCallbacks {
  readonly #generations: readonly Database<Seen, string>[];
  /** For how long one generation is written to, in ms. */
  readonly #length: number;
  #current = -1;

  /** @param remember how long equal callbacks must be recognised, in ms */
  constructor(generations: readonly Database<Seen, string>[], remember: number) {
    this.#generations = generations;
    this.#length = Math.max(remember, REMEMBER_MS);
  }

  /**
   * An entry that can't be read counts as unknown: Temporal may still know the callback, and refusing it would lose it.
   *
   * @param near ms since the epoch: of two entries, the one nearer to this time is returned. After a clock was set back
   * an entry can be of a later time.
   */
  find(seenKey: string, near: number = Number.MAX_SAFE_INTEGER): Seen | undefined {
    try {
      const [one, other] = this.#generations.map((generation) => generation.get(seenKey));
      if (one && other) return Math.abs(near - one.at) < Math.abs(near - other.at) ? one : other;
      return one ?? other;
    } catch {
      return undefined;
    }
  }

  /** To be called only within a transaction. */
  put(seenKey: string, seen: Seen): void {
    const generation = Math.floor(seen.at / this.#length);
    const database = this.#generations[generation % 2] as Database<Seen, string>;
    if (generation > this.#current) {
      // At start nothing is emptied: the database may hold what an earlier process saw in this generation.
      if (this.#current >= 0) void database.clearAsync();
      this.#current = generation;
    }
    void database.put(seenKey, seen);
  }
}
