import { proxyActivities } from '@temporalio/workflow';
import type * as activities from '../shared/effects.ts';

const { clearCaches, updateSearchIndex, notifyUsers } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
});

/** A workflow may have at most 2,000 activities at once. */
const PAIRS_AT_ONCE = 500;

export async function processFriendDeletion({
  id,
  pairs,
}: {
  id: string;
  pairs: activities.Pair[];
}): Promise<void> {
  for (let from = 0; from < pairs.length; from += PAIRS_AT_ONCE) {
    await Promise.all(
      pairs
        .slice(from, from + PAIRS_AT_ONCE)
        .flatMap((pair) => [clearCaches(pair), updateSearchIndex(pair), notifyUsers(pair, id)]),
    );
  }
}
