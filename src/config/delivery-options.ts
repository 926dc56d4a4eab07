import { createPlan } from './plan.ts';
import type { Settings } from './settings.ts';

/** How a process with these settings starts deliveries: a receiver for callbacks, a worker for pairs without one. */
export function deliveryOptions(settings: Settings) {
  const { taskQueue, indexAccounts, payloadKeys } = settings;
  return {
    taskQueue,
    plan: createPlan(settings),
    indexAccounts: indexAccounts !== 'off',
    hashKeys: indexAccounts === 'hashed' ? payloadKeys : undefined,
  };
}
