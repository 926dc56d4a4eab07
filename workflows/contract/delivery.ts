/** One direction of a friendship that ended: `to` left `from`'s friend list. Both are UserIDs, which are case-sensitive. */
export type Pair = { from: string; to: string };

/** Equal for equal pairs, to use as the key of a map. Accounts may contain any separator. */
export function pairKey({ from, to }: Pair): string {
  return JSON.stringify([from, to]);
}

/** A callback that was validated and acknowledged. */
export type Delivery = {
  deliveryId: string;
  sdkAppId: string;
  /** When the receiver took the callback, in ms since the epoch. */
  receivedAt: number;
  /** The vendor's name for what happened. Absent: `Sns.CallbackFriendDelete`. */
  command?: string;
};
