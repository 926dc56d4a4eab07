import type { FriendDeletedMessage, Messenger } from '../../../activities/backends/messenger.ts';
import type { Pair } from '../../../workflows/contract.ts';
import { pairsOf } from './deliveries.ts';

/** A message to alice. */
export function messageOf(pairs: Pair[] = pairsOf(['alice', 'bob'])): FriendDeletedMessage {
  return {
    type: 'friend.deleted',
    timestamp: '2024-08-20T17:11:03.500Z',
    data: { deliveryId: 'delivery-1', recipient: 'alice', part: 1, parts: 1, pairs },
  };
}

/** Sends it by a messenger. */
export function sendingOf(
  messenger: Messenger,
  key: string,
  signal = new AbortController().signal,
): Promise<string> {
  return messenger.send(messageOf(), key, signal);
}
