import type { Database } from 'lmdb';
import type { KnownKey } from '../callback/delivery-id.ts';

/** What a journal remembers of a callback, to recognise it when it comes again. */
export type Seen = KnownKey & { deliveryId: string; at: number };

/** How long a callback's RequestId is recognised at least, in ms; then Temporal alone knows it. */
const REMEMBER_MS = 3_600_000;

/**
 * What recognises callbacks that come again. Two generations take turns: when one is full of an hour, the other is
 * emptied at once and written to next, so that forgetting costs no callback time.
 */
export class SeenCallbacks {
  readonly #generations: readonly Database<Seen, string>[];
  /** In ms. */
  readonly #length: number;
  #current = -1;

  /** @param remember how long equal callbacks must be recognised, in ms */
  constructor(generations: readonly Database<Seen, string>[], remember: number) {
    this.#generations = generations;
    this.#length = Math.max(remember, REMEMBER_MS);
  }

  /**
   * What can't be read is not known: Temporal may still know it, and a refusal would be a loss.
   *
   * @param near ms since the epoch: of two entries, the one nearer to it. A clock that was set back leaves later ones.
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

  /** Only within a transaction. */
  put(seenKey: string, seen: Seen): void {
    const generation = Math.floor(seen.at / this.#length);
    const database = this.#generations[generation % 2] as Database<Seen, string>;
    if (generation > this.#current) {
      // At start the current generation may hold what an earlier process saw.
      if (this.#current >= 0) void database.clearAsync();
      this.#current = generation;
    }
    void database.put(seenKey, seen);
  }
}
