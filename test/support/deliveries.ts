import type { FriendDeletedInput, Pair, PlannedSideEffect } from '../../workflows/contract.ts';

export const PLANNED: PlannedSideEffect[] = [
  { name: 'clearCaches', per: 'pair' },
  { name: 'updateSearchIndex', per: 'pair' },
  { name: 'notifyUsers', per: 'message' },
];

export function pairsOf(...names: [from: string, to: string][]): Pair[] {
  return names.map(([from, to]) => ({ from, to }));
}

export function deliveryOf(
  pairs: Pair[],
  plan: Partial<FriendDeletedInput['plan']> = {},
): FriendDeletedInput {
  return {
    delivery: { deliveryId: 'delivery-1', sdkAppId: '1400000000', receivedAt: 1_724_173_863_500 },
    pairs,
    plan: { sideEffects: PLANNED, notifyRecipient: 'from', retryFor: 3_600_000, ...plan },
  };
}

/** `count` pairs with ids of the greatest length, all different: the largest delivery that can be met. */
export function largestPairs(count: number): Pair[] {
  return Array.from({ length: count }, (_, index) => ({
    from: String(index).padStart(32, 'f'),
    to: String(index).padStart(32, 't'),
  }));
}
