import type { Backend, BackendError } from './backends/backend.ts';
import { defineSideEffect } from './side-effect.ts';
import { renderTemplate } from './template.ts';

export interface Caches extends Backend {
  /**
   * Removes each key that exists and tells, in the order of `keys`, whether it did, or why that key could not be
   * removed.
   *
   * @throws BackendError when it is the same for all
   */
  clear(keys: string[], signal: AbortSignal): Promise<(boolean | BackendError)[]>;
}

/** Removes the cache entries that the ended friendship made stale. Idempotent: a missing key is fine. */
export const clearCaches = defineSideEffect({
  name: 'clearCaches',
  per: 'pair',
  backend: 'caches',
  create: ({ caches, cacheKeys }) =>
    caches && {
      async all({ pairs, signal }) {
        const keysOfPair = pairs.map((pair) => cacheKeys.map((template) => renderTemplate(template, pair)));
        const keys = [...new Set(keysOfPair.flat())];
        const results = await caches.clear(keys, signal);
        const byKey = new Map(keys.map((key, index) => [key, results[index] ?? false]));
        return keysOfPair.map((own) => summarise(own.map((key) => byKey.get(key) ?? false)));
      },
    },
});

function summarise(results: (boolean | BackendError)[]): string | BackendError {
  const error = results.find((result) => typeof result === 'object');
  if (error) return error;
  return results.includes(true) ? 'cleared' : 'absent';
}
