import type { Backend, BackendError } from './backend.ts';

/** `newer`: the document stays, because it was indexed again after the friendship had ended. */
export type DeleteOutcome = 'deleted' | 'absent' | 'newer';

/**
 * A part of the index. Documents are numbered in the order in which they were written; one that is written again has a
 * new number. `limit`: how many documents are wanted at most.
 */
export type DocumentRange = { after: number; until: number; limit: number };

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

  /**
   * How many documents there are, and the number of the newest one; -1 if there is none.
   *
   * @throws BackendError
   */
  measure(signal: AbortSignal): Promise<{ documents: number; newest: number }>;

  /**
   * The ids of the documents in a range, and up to where it is listed: `until` when it is listed to its end.
   *
   * @throws BackendError
   */
  listIds(range: DocumentRange, signal: AbortSignal): Promise<{ ids: string[]; upTo: number }>;
}
