import type { FriendDeletedInput } from './contract.ts';
import { type DeliveryResult, DeliveryRun } from './delivery/delivery-run.ts';
import { planFriendDeleted } from './planning/plan-friend-deleted.ts';

/**
 * Makes every side effect of a delivery happen for every pair. Side effects do not wait for one another, and neither
 * do pairs. What cannot be done waits for a person, who has it retried or dismisses it.
 *
 * @throws ApplicationFailure `SideEffectsAbandoned` when something stays undone
 */
export async function friendDeleted(input: FriendDeletedInput): Promise<DeliveryResult> {
  const delivery = new DeliveryRun(input, planFriendDeleted(input));
  delivery.tryEverythingOnce();
  delivery.acceptCommands();
  do {
    await delivery.retryWhatFailed();
  } while (await delivery.waitForPerson());
  return delivery.conclude();
}
