import type { SideEffectActivity } from '../workflows/contract.ts';
import { asActivity } from './as-activity.ts';
import type { Backends } from './backends/index.ts';
import { SIDE_EFFECTS, type SideEffectName } from './index.ts';
import type { SideEffectDefinition } from './side-effect.ts';

/** The activities of a worker, by name. */
export function createActivities<Name extends string = SideEffectName>(
  backends: Backends,
  sideEffects: readonly (SideEffectDefinition & { name: Name })[] = SIDE_EFFECTS as never,
): Record<Name, SideEffectActivity> {
  const activities = sideEffects.map(({ name, create, isFenced }) => [
    name,
    asActivity(name, create(backends), isFenced ? backends.fence : null),
  ]);
  return Object.fromEntries(activities) as Record<Name, SideEffectActivity>;
}
