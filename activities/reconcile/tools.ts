import type { EndedPair } from '../../workflows/contract.ts';
import type { Friendships } from '../backends/friendships.ts';
import type { SearchIndex } from '../backends/search-index.ts';

/**
 * Starts the delivery of a pair that ended without a callback, at most one per day.
 *
 * @param run `startedAt`: when the run began, in ms; a repeat within one run is `started` too
 * @returns `already-started`: by another run
 */
export type StartEnded = (
  pair: EndedPair,
  run: { day: string; startedAt: number },
) => Promise<'started' | 'already-started'>;

/** What came of a pair. `ended`: only counted, in a dry run. */
export const RECONCILED = ['friends', 'started', 'already-started', 'ended', 'failed'] as const;

export type Reconciled = (typeof RECONCILED)[number];

/** What the activity works on. `null`: this worker does not have it. */
export type ReconcileTools = {
  searchIndex: SearchIndex | null;
  documentId: string;
  friendships: Friendships | null;
  startEnded: StartEnded;
  /** Told how many pairs came to what. */
  count?: (result: Reconciled, pairs: number) => void;
};
