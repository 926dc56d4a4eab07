import type { StartEnded } from '../../../activities/reconcile/tools.ts';
import type { Pair } from '../../../workflows/contract.ts';
import type { Starter } from '../../callback/delivery-id.ts';
import { sha256 } from '../../callback/sha256.ts';
import type { DeliveryToStart } from './start-delivery.ts';

/** Starts the delivery of a pair that ended without a callback, at most once per day. */
export function createStartEnded(starter: Starter<DeliveryToStart>, sdkAppId: string): StartEnded {
  return async ({ askedAt, ...pair }, { day, startedAt }) => {
    const { deliveryId, bodyHash } = identify({ sdkAppId, pair, day });
    const delivery = { deliveryId, sdkAppId, receivedAt: askedAt };
    // The origin tells the runs apart: what another run has started is a callback of another origin.
    const origin = `reconcile-${startedAt}`;
    const outcome = await starter.start({ delivery, pairs: [pair], origin, bodyHash });
    return outcome === 'other-callback' ? 'already-started' : 'started';
  };
}

/** No account name is in the id. */
function identify({ sdkAppId, pair: { from, to }, day }: { sdkAppId: string; pair: Pair; day: string }) {
  const bodyHash = sha256(JSON.stringify([sdkAppId, from, to]));
  return { deliveryId: `reconcile-${day}-${bodyHash.slice(0, 24)}`, bodyHash };
}
