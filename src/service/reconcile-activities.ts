import type { Client } from '@temporalio/client';
import type { Registry } from 'prom-client';
import { createCheckFriendships } from '../../activities/reconcile/check-friendships.ts';
import type { CheckFriendships } from '../../workflows/contract.ts';
import { deliveryOptions } from '../config/delivery-options.ts';
import type { Settings } from '../config/settings.ts';
import { createReconciledCounter } from '../telemetry/reconcile-metrics.ts';
import type { FreshStarts } from '../temporal/start/fresh-starts.ts';
import { DeliveryStarter } from '../temporal/start/start-delivery.ts';
import { createStartEnded } from '../temporal/start/start-ended.ts';
import type { ChosenBackends } from './backends.ts';

/** `freshStarts`: the one whose interceptor the client has. */
type Parts = {
  settings: Settings;
  backends: Pick<ChosenBackends, 'backends' | 'friendships'>;
  client: Client;
  freshStarts: FreshStarts;
  registry: Registry;
};

/** The activity of `reconcileFriends`. The deliveries that it starts have the plan of this worker's settings. */
export function createReconcileActivities(parts: Parts): { checkFriendships: CheckFriendships } {
  const { settings, backends, client, freshStarts, registry } = parts;
  const { sdkAppId = '' } = settings;
  const starter = new DeliveryStarter(client, freshStarts, deliveryOptions(settings));
  const { searchIndex, documentId } = backends.backends;
  return {
    checkFriendships: createCheckFriendships({
      searchIndex,
      documentId,
      friendships: backends.friendships,
      startEnded: createStartEnded(starter, sdkAppId),
      count: createReconciledCounter(registry),
    }),
  };
}
