import type { DeliveryKey } from '../callback/delivery-id.ts';
import { FRIEND_DELETE } from '../callback/schema.ts';
import type { PendingDelivery } from '../journal/record.ts';
import type { TracedCallback } from './intake.ts';

/** The delivery of a callback under the id and time that were chosen for it; without its trace. */
export function composeDelivery(
  callback: TracedCallback,
  { deliveryId, receivedAt }: { deliveryId: string; receivedAt: number },
): Omit<PendingDelivery, 'trace'> & DeliveryKey {
  const { sdkAppId, command, key, pairs, isProcessed, relayed } = callback;
  return {
    delivery: { deliveryId, sdkAppId, receivedAt, ...(command !== FRIEND_DELETE && { command }) },
    pairs,
    ...key,
    ...(relayed && { callback: relayed }),
    ...(!isProcessed && { isProcessed }),
  };
}
