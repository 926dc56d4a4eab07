import type { BackendName } from '../../activities/backends/index.ts';
import { SIDE_EFFECTS } from '../../activities/index.ts';
import type { SideEffectDefinition } from '../../activities/side-effect.ts';
import type { DeliveryPlan } from '../../workflows/contract.ts';
import type { Settings } from './settings.ts';

/**
 * The plan of each delivery: every side effect that is not switched off. It does not contain `relayCallback`, because the
 * receiver decides for each delivery whether its callback is relayed.
 */
export function createPlan(settings: Settings): DeliveryPlan {
  const off: Record<BackendName, boolean> = {
    caches: settings.cache.url === 'off',
    searchIndex: settings.search.url === 'off',
    messenger: settings.notify.users === 'off',
    backendWebhook: settings.notify.backend === 'off',
    endpoint: true,
  };
  const isOn = ({ backend }: SideEffectDefinition) => !(backend && off[backend]);
  return {
    sideEffects: SIDE_EFFECTS.filter(isOn).map(({ name, per }) => ({ name, per })),
    notifyRecipient: settings.notify.recipient,
    retryFor: settings.retryFor,
    attentionFor: settings.attentionFor,
    batch: settings.batch,
    ...(settings.firstPass === 'local' && { firstPass: 'local' }),
  };
}
