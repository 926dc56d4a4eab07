import type { Backend, BackendError } from './backends/backend.ts';
import { defineSideEffect } from './side-effect.ts';
import { renderTemplate } from './template.ts';

/** `newer`: the document stays, because it was indexed again after the friendship had ended. */
export type DeleteOutcome = 'deleted' | 'absent' | 'newer';

export interface SearchIndex extends Backend {
  /**
   * Deletes each document unless it is newer than `before` (ms since the epoch).
   *
   * @returns one outcome per document, in the order of `ids`
   * @throws BackendError when all documents failed for the same reason
   */
  deleteDocuments(
    ids: string[],
    before: number,
    signal: AbortSignal,
  ): Promise<(DeleteOutcome | BackendError)[]>;
}

/**
 * Deletes the document of each ended friendship. Idempotent. A late retry does no harm: a document that was indexed
 * again after the callback arrived is not deleted.
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
