import ms from 'ms';
import type { LocatedDelivery } from '../journal/operate/locate-delivery.ts';
import { counted } from './counted.ts';

/** `why`: why Temporal does not have the delivery; absent: Temporal takes deliveries. */
type Why = { why: string | undefined; now: number };

/** For people: a delivery that is on this machine's disk and not in Temporal. */
export function describeJournaled(delivery: LocatedDelivery, { why, now }: Why): string[] {
  const { deliveryId, receivedAt, pairs } = delivery;
  const ofPairs = counted(pairs, 'pair');
  const acknowledged = new Date(receivedAt).toISOString();
  if (delivery.part === 'pending')
    return [
      `${deliveryId}: acknowledged ${acknowledged}, waits in the journal, ${ofPairs}`,
      `  since ${ms(Math.max(0, now - receivedAt))}: ${whyPending(delivery.before, why)}`,
    ];
  return [
    `${deliveryId}: acknowledged ${acknowledged}, in the quarantine since ${new Date(delivery.quarantinedAt).toISOString()}, ${ofPairs}`,
    `  ${delivery.reason}`,
    'Nothing goes on by itself. Once the cause is fixed:',
    `  npx unfriend journal requeue ${delivery.id}`,
  ];
}

function whyPending(before: number, why: string | undefined): string {
  if (why !== undefined) return why;
  if (before === 0) return 'it is the next one to be handed over to Temporal';
  return `${before} ${before === 1 ? 'delivery is' : 'deliveries are'} handed over to Temporal before it`;
}

/** For `--json`. */
export function journaledDocument(delivery: LocatedDelivery, { why }: Pick<Why, 'why'>): object {
  const { deliveryId, pairs } = delivery;
  const receivedAt = new Date(delivery.receivedAt).toISOString();
  if (delivery.part === 'pending') {
    const { before } = delivery;
    return {
      deliveryId,
      status: 'Pending',
      where: 'journal',
      receivedAt,
      pairs,
      before,
      reason: why ?? null,
    };
  }
  const { id, reason } = delivery;
  const quarantinedAt = new Date(delivery.quarantinedAt).toISOString();
  return {
    deliveryId,
    status: 'Quarantined',
    where: 'quarantine',
    receivedAt,
    pairs,
    id,
    reason,
    quarantinedAt,
  };
}
