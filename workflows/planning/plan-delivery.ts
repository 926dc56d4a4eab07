import type { CallbackRelayedInput, FriendDeletedInput } from '../contract.ts';
import { planCallbackRelayed } from './plan-callback-relayed.ts';
import { planFriendDeleted } from './plan-friend-deleted.ts';
import type { PlannedDelivery } from './planned-delivery.ts';

/** The input of a workflow of any type. */
export type AnyDeliveryInput = FriendDeletedInput | CallbackRelayedInput;

/** For those who have the input of a workflow, and are not that workflow. */
export function planDelivery(input: AnyDeliveryInput): PlannedDelivery {
  return 'pairs' in input ? planFriendDeleted(input) : planCallbackRelayed(input);
}
