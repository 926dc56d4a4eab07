import { describePairs, type FriendDeletedInput } from '../contract.ts';
import { composeInput, unitBytes } from './activity-input.ts';
import type { Batching, PlannedDelivery } from './planned-delivery.ts';
import { planUnits } from './units.ts';

export function planFriendDeleted(input: FriendDeletedInput): PlannedDelivery {
  const { delivery, pairs, callback, plan } = input;
  const batching = batchingOf(input);
  return {
    title: describePairs(pairs),
    pairs,
    sideEffects: plan.sideEffects.map((sideEffect) => ({
      name: sideEffect.name,
      units: planUnits(sideEffect, pairs, plan.notifyRecipient),
    })),
    batching,
    isFirstPassLocal: plan.firstPass === 'local' && !batching,
    composeInput: (units) => composeInput({ delivery, pairs, ...(callback && { callback }) }, units),
    bytesOf: (unit) => unitBytes(unit, pairs),
  };
}

/** Small deliveries are not batched, and neither are those that an older version has planned without `batch`. */
function batchingOf({ plan, pairs }: FriendDeletedInput): Batching | undefined {
  return plan.batch && pairs.length > plan.batch.above ? plan.batch : undefined;
}
