import type { FriendDeletedMessage } from './backends/messenger.ts';
import { defineSideEffect, type UnitCall } from './side-effect.ts';

/** Sends messages. Idempotent: each message has a key, and on every retry the same bytes. */
export const notifyUsers = defineSideEffect({
  name: 'notifyUsers',
  per: 'message',
  backend: 'messenger',
  create: ({ messenger }) =>
    messenger && { each: (call) => messenger.send(composeMessage(call), call.key, call.signal) },
});

function composeMessage({ delivery, pairs, message }: UnitCall): FriendDeletedMessage {
  if (!message) throw new TypeError('notifyUsers needs to know which message to send');
  return {
    type: 'friend.deleted',
    timestamp: new Date(delivery.receivedAt).toISOString(),
    data: { deliveryId: delivery.deliveryId, ...message, pairs },
  };
}
