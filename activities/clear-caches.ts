import type { BackendError } from './backends/backend.ts';
import { defineSideEffect } from './side-effect.ts';
import { renderTemplate } from './template.ts';

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
