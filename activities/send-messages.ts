import type { FriendDeletedMessage, Messenger } from './backends/messenger.ts';
import type { SideEffectImplementation, UnitCall } from './side-effect.ts';

/** Idempotent: each message has a key, and on every retry the same bytes. */
export function sendMessages(messenger: Messenger): SideEffectImplementation {
  return { each: (call) => messenger.send(composeMessage(call), call.key, call.signal) };
}

function composeMessage({ delivery, pairs, message }: UnitCall): FriendDeletedMessage {
  if (!message) throw new TypeError('the input of the activity does not say which message to send');
  return {
    type: 'friend.deleted',
    timestamp: new Date(delivery.receivedAt).toISOString(),
    data: { deliveryId: delivery.deliveryId, ...message, pairs },
  };
}
