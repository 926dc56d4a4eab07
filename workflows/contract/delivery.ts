/** One direction of a friendship that ended: `to` left `from`'s friend list. Both are UserIDs, which are case-sensitive. */
export type Pair = { from: string; to: string };

/** A callback that was validated and acknowledged. */
export type Delivery = {
  deliveryId: string;
  sdkAppId: string;
  /** When the receiver took the callback, in ms since the epoch. */
  receivedAt: number;
  /** The vendor's name for what happened. Absent: `Sns.CallbackFriendDelete`. */
  command?: string;
};
