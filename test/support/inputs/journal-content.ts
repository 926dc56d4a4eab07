import type { PendingDelivery, Quarantined } from '../../../src/journal/record.ts';
import { FREE_PORTS } from '../servers/process.ts';

const RECEIVED_AT = Date.parse('2026-11-01T12:00:00Z');

/** What each journal in `test/fixtures/journals` holds. */
export const PENDING_IDS = ['fixture-1', 'fixture-2', 'fixture-3'];
export const QUARANTINED_ID = 'fixture-quarantined';
export const RAW_ID = 'fixture-raw';
export const PAIRS = [
  { from: 'alice', to: 'bob' },
  { from: 'alice', to: 'carol' },
];

export function pendingOf(deliveryId: string): PendingDelivery {
  const delivery = { deliveryId, sdkAppId: FREE_PORTS.SDK_APP_ID ?? '', receivedAt: RECEIVED_AT };
  return { delivery, pairs: PAIRS, bodyHash: deliveryId.padEnd(64, '0') };
}

/** One of each kind. This version can read the raw one. */
export const QUARANTINED: Quarantined[] = [
  {
    kind: 'delivery',
    reason: 'Temporal refused it',
    quarantinedAt: RECEIVED_AT,
    pending: pendingOf(QUARANTINED_ID),
  },
  {
    kind: 'raw',
    reason: 'PairList: an older version could not read it',
    quarantinedAt: RECEIVED_AT,
    raw: {
      receivedAt: RECEIVED_AT,
      query: { RequestId: RAW_ID, OptPlatform: 'Web' },
      body: Buffer.from(
        JSON.stringify({
          CallbackCommand: 'Sns.CallbackFriendDelete',
          PairList: PAIRS.map(({ from, to }) => ({ From_Account: from, To_Account: to })),
        }),
      ).toString('base64'),
    },
  },
  {
    kind: 'damaged',
    reason: 'damaged record',
    quarantinedAt: RECEIVED_AT,
    entry: Buffer.from('what is left').toString('base64'),
  },
];
