import type { SideEffectActivity } from '../workflows/contract.ts';
import { asActivity } from './as-activity.ts';
import type { Backends } from './backends/index.ts';
import { clearCaches } from './clear-caches.ts';
import { notifyUsers } from './notify-users.ts';
import type { SideEffectDefinition } from './side-effect.ts';
import { updateSearchIndex } from './update-search-index.ts';

/** The side effects of a delivery, in the order in which people see them. Add a side effect of your own here. */
export const SIDE_EFFECTS = [
  clearCaches,
  updateSearchIndex,
  notifyUsers,
] as const satisfies readonly SideEffectDefinition[];

export type SideEffectName = (typeof SIDE_EFFECTS)[number]['name'];

/** The activities of a worker, by name. */
export function createActivities<Name extends string = SideEffectName>(
  backends: Backends,
  sideEffects: readonly (SideEffectDefinition & { name: Name })[] = SIDE_EFFECTS as never,
): Record<Name, SideEffectActivity> {
  const activities = sideEffects.map(({ name, create }) => [name, asActivity(name, create(backends))]);
  return Object.fromEntries(activities) as Record<Name, SideEffectActivity>;
}
