import type { Pair } from '../../workflows/contract.ts';
import type { Backend } from './backend.ts';

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
