import type { SideEffect } from '../workflows/contract.ts';
import { renderTemplate } from './template.ts';

/** `newer`: the document was indexed again after the friendship ended, and therefore stays. */
export type DeleteOutcome = 'deleted' | 'absent' | 'newer';

export interface SearchIndex {
  /** Deletes each document unless it is newer than `before` (ms), and tells what became of each, in order. */
  deleteDocuments(ids: string[], before: number): Promise<DeleteOutcome[]>;
}

/**
 * Deletes the document of each ended friendship. Idempotent, and harmless when late: what was indexed again
 * since the callback arrived is left alone.
 */
export function updateSearchIndex(index: SearchIndex, idTemplate: string): SideEffect {
  return async ({ delivery, pairs }) => {
    const ids = pairs.map((pair) => renderTemplate(idTemplate, pair));
    const outcomes = await index.deleteDocuments(ids, delivery.receivedAt);
    return pairs.map((_, position) => ({ status: 'done', detail: outcomes[position] ?? 'absent' }));
  };
}
