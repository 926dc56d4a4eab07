import type { Backend, BackendError } from './backends/backend.ts';
import { defineSideEffect } from './side-effect.ts';
import { renderTemplate } from './template.ts';

/** `newer`: the document was indexed again after the friendship ended, and therefore stays. */
export type DeleteOutcome = 'deleted' | 'absent' | 'newer';

export interface SearchIndex extends Backend {
  /**
   * Deletes each document unless it is newer than `before` (ms), and tells what became of each, in order.
   *
   * @throws BackendError when it is the same for all
   */
  deleteDocuments(
    ids: string[],
    before: number,
    signal: AbortSignal,
  ): Promise<(DeleteOutcome | BackendError)[]>;
}

/**
 * Deletes the document of each ended friendship. Idempotent, and harmless when late: what was indexed again
 * since the callback arrived is left alone.
 */
export const updateSearchIndex = defineSideEffect({
  name: 'updateSearchIndex',
  per: 'pair',
  backend: 'searchIndex',
  create: ({ searchIndex, documentId }) =>
    searchIndex && {
      all({ delivery, pairs, signal }) {
        const ids = pairs.map((pair) => renderTemplate(documentId, pair));
        return searchIndex.deleteDocuments(ids, delivery.receivedAt, signal);
      },
    },
});
