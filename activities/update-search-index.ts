import { defineSideEffect } from './side-effect.ts';
import { renderTemplate } from './template.ts';

/**
 * Deletes the document of each ended friendship. Idempotent. A late retry does no harm: a document that was indexed
 * again after the callback arrived is not deleted.
 */
export const updateSearchIndex = defineSideEffect({
  name: 'updateSearchIndex',
  per: 'pair',
  backend: 'searchIndex',
  isFenced: true,
  create: ({ searchIndex, documentId }) =>
    searchIndex && {
      all({ delivery, pairs, signal }) {
        const ids = pairs.map((pair) => renderTemplate(documentId, pair));
        return searchIndex.deleteDocuments(ids, delivery.receivedAt, signal);
      },
    },
});
