import type { Backend, BackendError } from './backend.ts';

/** Who is friends with whom now, as the vendor says. */
export interface Friendships extends Backend {
  /** How many accounts one call may ask about. */
  readonly atOnce: number;
  /**
   * Asks in one call whether each account of `to` is in `from`'s friend list now.
   *
   * @returns one answer per account, in the order of `to`; an error where the vendor could not say it
   * @throws BackendError when the vendor said nothing
   */
  areFriends(from: string, to: readonly string[], signal: AbortSignal): Promise<(boolean | BackendError)[]>;
}

/** Keeps a late try from undoing a friendship that was made again. */
export type Fence = {
  friendships: Friendships;
  /** A try is late when the callback arrived longer ago than this, in ms. */
  after: number;
};
