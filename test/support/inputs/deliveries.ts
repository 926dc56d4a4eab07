import type { FriendDeletedInput, Pair, PlannedSideEffect } from '../../../workflows/contract.ts';
import { DeliveryProgress } from '../../../workflows/delivery/progress.ts';
import { planFriendDeleted } from '../../../workflows/planning/plan-friend-deleted.ts';

/** What every delivery of these tests goes through: the side effects that no setting adds. */
export const PLANNED = [
  { name: 'clearCaches', per: 'pair' },
  { name: 'updateSearchIndex', per: 'pair' },
  { name: 'notifyUsers', per: 'message' },
] as const satisfies readonly PlannedSideEffect[];

export type PlannedName = (typeof PLANNED)[number]['name'];

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
    plan: { sideEffects: [...PLANNED], notifyRecipient: 'from', retryFor: 3_600_000, ...plan },
  };
}

/** The progress of a workflow with this input, before it does anything. */
export function progressOf(input: FriendDeletedInput): DeliveryProgress {
  return new DeliveryProgress(input, planFriendDeleted(input));
}

/** `count` different pairs whose ids have the greatest length. */
export function largestPairs(count: number): Pair[] {
  return Array.from({ length: count }, (_, index) => ({
    from: String(index).padStart(32, 'f'),
    to: String(index).padStart(32, 't'),
  }));
}
