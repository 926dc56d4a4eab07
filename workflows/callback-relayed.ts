import type { CallbackRelayedInput } from './contract.ts';
import { type DeliveryResult, DeliveryRun } from './delivery/delivery-run.ts';
import { planCallbackRelayed } from './planning/plan-callback-relayed.ts';

/**
 * Posts a callback of another command than `Sns.CallbackFriendDelete` to the app's endpoint until the endpoint has taken
 * it. A callback that the endpoint refuses waits for a person, like every side effect.
 *
 * @throws ApplicationFailure `SideEffectsAbandoned` when it stays undone
 */
export async function callbackRelayed(input: CallbackRelayedInput): Promise<DeliveryResult> {
  const delivery = new DeliveryRun(input, planCallbackRelayed(input));
  delivery.tryEverythingOnce();
  delivery.acceptCommands();
  do {
    await delivery.retryWhatFailed();
  } while (await delivery.waitForPerson());
  return delivery.conclude();
}
