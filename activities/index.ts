import type { PlannedSideEffect, SideEffect } from '../workflows/contract.ts';
import { type Caches, clearCaches } from './clear-caches.ts';
import { type Messenger, notifyUsers } from './notify-users.ts';
import { asActivity } from './side-effect.ts';
import { type SearchIndex, updateSearchIndex } from './update-search-index.ts';

/** The side effects of a delivery, in the order in which people see them. */
export const SIDE_EFFECTS = [
  { name: 'clearCaches', per: 'pair' },
  { name: 'updateSearchIndex', per: 'pair' },
  { name: 'notifyUsers', per: 'message' },
] as const satisfies PlannedSideEffect[];

export type SideEffectName = (typeof SIDE_EFFECTS)[number]['name'];

/** A backend that is switched off is null: its side effect is done by doing nothing. */
export type Backends = {
  caches: Caches | null;
  cacheKeys: readonly string[];
  searchIndex: SearchIndex | null;
  documentId: string;
  messenger: Messenger | null;
};

/** The activities of a worker, by name. */
export function createActivities(backends: Backends): Record<SideEffectName, SideEffect> {
  const { caches, searchIndex, messenger } = backends;
  const sideEffects: Record<SideEffectName, SideEffect> = {
    clearCaches: caches ? clearCaches(caches, backends.cacheKeys) : switchedOff,
    updateSearchIndex: searchIndex ? updateSearchIndex(searchIndex, backends.documentId) : switchedOff,
    notifyUsers: messenger ? notifyUsers(messenger) : switchedOff,
  };
  return Object.fromEntries(
    SIDE_EFFECTS.map(({ name }) => [name, asActivity(name, sideEffects[name])]),
  ) as Record<SideEffectName, SideEffect>;
}

const switchedOff: SideEffect = async ({ pairs }) => pairs.map(() => ({ status: 'done', detail: 'off' }));
