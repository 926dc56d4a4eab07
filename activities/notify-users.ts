import type { Pair } from '../workflows/contract.ts';
import type { Backend } from './backends/backend.ts';
import { defineSideEffect, type UnitCall } from './side-effect.ts';

/** Tells the devices of an account to refresh its friend list. It never says who ended the friendship. */
export type FriendDeletedMessage = {
  type: 'friend.deleted';
  /** When the callback arrived, ISO 8601. */
  timestamp: string;
  data: { deliveryId: string; recipient: string; part: number; parts: number; pairs: Pair[] };
};

export interface Messenger extends Backend {
  /**
   * Sends a silent data message to `message.data.recipient`. A repeat has the same `key`, and must reach nobody twice.
   *
   * @returns `repeated` if the messenger has seen the key
   * @throws BackendError
   */
  send(message: FriendDeletedMessage, key: string, signal: AbortSignal): Promise<'sent' | 'repeated'>;
}

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
