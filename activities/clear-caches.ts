import type { SideEffect } from '../workflows/contract.ts';
import { renderTemplate } from './template.ts';

export interface Caches {
  /** Removes each key that exists and tells, in the order of `keys`, whether it did. */
  clear(keys: string[]): Promise<boolean[]>;
}

/** Removes the cache entries that the ended friendship made stale. Idempotent: a missing key is fine. */
export function clearCaches(caches: Caches, keyTemplates: readonly string[]): SideEffect {
  return async ({ pairs }) => {
    const keysOfPair = pairs.map((pair) => keyTemplates.map((template) => renderTemplate(template, pair)));
    const keys = [...new Set(keysOfPair.flat())];
    const existed = await caches.clear(keys);
    const cleared = new Set(keys.filter((_, index) => existed[index]));
    return keysOfPair.map((own) => ({
      status: 'done',
      detail: own.some((key) => cleared.has(key)) ? 'cleared' : 'absent',
    }));
  };
}
