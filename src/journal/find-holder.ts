import { originOfTimed } from '../callback/delivery-id.ts';
import type { Seen } from './seen.ts';
import type { JournalStore } from './store.ts';

/**
 * The callback that has a delivery id, as far as the journal knows. One without a RequestId is remembered by its
 * content, and a RequestId can look like the id that it has.
 *
 * @param near ms since the epoch: of two of one content, the one nearer to it
 */
export function findHolder(store: JournalStore, deliveryId: string, near?: number): Seen | undefined {
  const seen = store.findSeen(deliveryId, near);
  if (seen) return seen;
  const origin = originOfTimed(deliveryId);
  const equal = origin === undefined ? undefined : store.findSeen(origin, near);
  return equal?.deliveryId === deliveryId ? equal : undefined;
}
