import type { Backend, BackendError } from './backend.ts';

export interface Caches extends Backend {
  /**
   * Removes the keys.
   *
   * @returns per key, in the order of `keys`: whether it was there, or why it could not be removed
   * @throws BackendError when all keys failed for the same reason
   */
  clear(keys: string[], signal: AbortSignal): Promise<(boolean | BackendError)[]>;
}
