import type { Pair, ReconcileCounts } from '../../workflows/contract.ts';
import type { Friendships } from '../backends/friendships.ts';
import type { SearchIndex } from '../backends/search-index.ts';

/** Starts the delivery of a pair that ended without a callback. `askedAt`: a time when it had ended, in ms. */
export type StartEnded = (
  pair: Pair,
  about: { day: string; askedAt: number },
) => Promise<'started' | 'already-started'>;

/** What the activity works on. `null`: this worker does not have it. */
export type ReconcileTools = {
  searchIndex: SearchIndex | null;
  documentId: string;
  friendships: Friendships | null;
  startEnded: StartEnded;
  /** Told of what each group of pairs came to. */
  count?: (counts: Partial<ReconcileCounts>) => void;
};
