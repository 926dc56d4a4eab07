import { originOfTimed } from '../callback/delivery-id.ts';
import type { Seen } from './seen.ts';
import type { JournalStore } from './store.ts';

/**
 * The callback that has a delivery id, as far as the journal knows. A callback without a RequestId is remembered by
 * its content, so the id alone does not find it. Another callback's RequestId can look like such an id, so what was
 * found by content must have exactly this id.
 *
 * @param near ms since the epoch: of two callbacks with equal content, the one nearer to this time is returned
 */
export function findHolder(store: JournalStore, deliveryId: string, near?: number): Seen | undefined {
  const seen = store.findSeen(deliveryId, near);
  if (seen) return seen;
  const origin = originOfTimed(deliveryId);
  const equal = origin === undefined ? undefined : store.findSeen(origin, near);
  return equal?.deliveryId === deliveryId ? equal : undefined;
}
