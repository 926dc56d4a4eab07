import type { Backend, BackendError } from './backends/backend.ts';
import { defineSideEffect } from './side-effect.ts';
import { renderTemplate } from './template.ts';

export interface Caches extends Backend {
  /**
   * Removes the keys.
   *
   * @returns per key, in the order of `keys`: whether it was there, or why it could not be removed
   * @throws BackendError when all keys failed for the same reason
   */
  clear(keys: string[], signal: AbortSignal): Promise<(boolean | BackendError)[]>;
}

/** Removes the cache entries that are out of date because the friendship ended. Idempotent: a missing key is no error. */
export const clearCaches = defineSideEffect({
  name: 'clearCaches',
  per: 'pair',
  backend: 'caches',
  create: ({ caches, cacheKeys }) =>
    caches && {
      async all({ pairs, signal }) {
        const keysOfPairs = pairs.map((pair) => cacheKeys.map((template) => renderTemplate(template, pair)));
        const keys = [...new Set(keysOfPairs.flat())];
        const results = await caches.clear(keys, signal);
        const byKey = new Map(keys.map((key, index) => [key, results[index] ?? false]));
        return keysOfPairs.map((keysOfPair) => summarise(keysOfPair.map((key) => byKey.get(key) ?? false)));
      },
    },
});

function summarise(results: (boolean | BackendError)[]): string | BackendError {
  const error = results.find((result) => typeof result === 'object');
  if (error) return error;
  return results.includes(true) ? 'cleared' : 'absent';
}
