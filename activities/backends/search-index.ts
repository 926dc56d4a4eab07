import type { Backend, BackendError } from './backend.ts';

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
