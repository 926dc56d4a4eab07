import type { Pair, SideEffect, SideEffectInput } from '../workflows/contract.ts';
import { idempotencyKey } from './side-effect.ts';

/** Tells an account's own devices to refresh their friend list; never says who ended the friendship. */
export type FriendDeletedMessage = {
  type: 'friend.deleted';
  /** When the callback arrived, ISO 8601. */
  timestamp: string;
  data: { deliveryId: string; recipient: string; part: number; parts: number; pairs: Pair[] };
};

export interface Messenger {
  /**
   * Sends a silent data message to `message.data.recipient`. A repeat with the same `key` reaches nobody twice;
   * `repeated` tells that it was one.
   */
  send(message: FriendDeletedMessage, key: string): Promise<'sent' | 'repeated'>;
}

/** Sends one message. Idempotent by its key; its bytes are the same on every retry. */
export function notifyUsers(messenger: Messenger): SideEffect {
  return async (input) => {
    const detail = await messenger.send(composeMessage(input), idempotencyKey('notifyUsers', input));
    return input.pairs.map(() => ({ status: 'done', detail }));
  };
}

function composeMessage({ delivery, pairs, message }: SideEffectInput): FriendDeletedMessage {
  if (!message) throw new TypeError('notifyUsers needs to know which message to send');
  return {
    type: 'friend.deleted',
    timestamp: new Date(delivery.receivedAt).toISOString(),
    data: { deliveryId: delivery.deliveryId, ...message, pairs },
  };
}
