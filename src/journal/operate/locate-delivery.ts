import type { JournalStore } from '../store.ts';

/** Where the journal has a delivery. Times are in ms since the epoch. */
export type LocatedDelivery = {
  deliveryId: string;
  receivedAt: number;
  pairs: number;
} & (
  | {
      part: 'pending';
      /** How many deliveries were acknowledged before it and are pending too. */
      before: number;
    }
  | { part: 'quarantined'; id: string; reason: string; quarantinedAt: number }
);

/** Looks among what is pending, then in the quarantine. A raw callback there has no delivery id yet. */
export function locateDelivery(store: JournalStore, deliveryId: string): LocatedDelivery | undefined {
  let before = 0;
  for (const { record } of store.listPending(store.pendingCount)) {
    if (record?.delivery.deliveryId === deliveryId) {
      const { receivedAt } = record.delivery;
      return { part: 'pending', deliveryId, receivedAt, pairs: record.pairs.length, before };
    }
    before += 1;
  }
  for (const { key: id, record } of store.listQuarantined(store.quarantinedCount)) {
    if (record?.kind !== 'delivery' || record.pending.delivery.deliveryId !== deliveryId) continue;
    const { reason, quarantinedAt, pending } = record;
    const { receivedAt } = pending.delivery;
    return {
      part: 'quarantined',
      id,
      deliveryId,
      receivedAt,
      pairs: pending.pairs.length,
      reason,
      quarantinedAt,
    };
  }
  return undefined;
}
