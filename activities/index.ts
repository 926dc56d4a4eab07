import { clearCaches } from './clear-caches.ts';
import { notifyBackend } from './notify-backend.ts';
import { notifyUsers } from './notify-users.ts';
import { relayCallback } from './relay-callback.ts';
import type { SideEffectDefinition } from './side-effect.ts';
import { updateSearchIndex } from './update-search-index.ts';

/**
 * The side effects of a delivery, in the order in which people see them. Add a side effect of your own here. Every
 * command line loads this list for `--effect`, so what runs activities is in `create-activities.ts`.
 */
export const SIDE_EFFECTS = [
  clearCaches,
  updateSearchIndex,
  notifyUsers,
  notifyBackend,
  relayCallback,
] as const satisfies readonly SideEffectDefinition[];

export type SideEffectName = (typeof SIDE_EFFECTS)[number]['name'];
