import { BackendError, type Finding } from '../backend.ts';
import type { DeleteOutcome, DocumentRange, SearchIndex } from '../search-index.ts';
import { checkSearch } from './check-search.ts';
import { listIds, measure } from './list-ids.ts';
import { REQUEST_MS, SearchClient } from './search-client.ts';
import { explainFailure, noSuchIndex } from './search-errors.ts';
import { type BulkItem, bulkLines, readOutcome } from './search-guards.ts';
import type { SearchOptions } from './search-options.ts';

/** Documents per request: about 200 KB of guarded deletes. */
const CHUNK = 500;
/** How long an index that was seen counts as existing. */
const SEEN_MS = 10_000;
/** How long the server waits for a missing shard. Its default is a minute, and an activity has less. */
const SHARD_WAIT = '10s';
/** The only fields of the answer that are read. */
const ANSWER_FIELDS = 'items.*.status,items.*.result,items.*.error';

const DELETING = 'deleting from';

type BulkAnswer = { items?: Record<string, BulkItem>[] };

/** The app's search index in OpenSearch or Elasticsearch, with one document per directed friendship. */
export class OpenSearchIndex implements SearchIndex {
  readonly #client: SearchClient;
  readonly #options: SearchOptions;
  #seenAt = Number.NEGATIVE_INFINITY;

  constructor(options: SearchOptions) {
    this.#options = options;
    this.#client = new SearchClient(options);
  }

  async deleteDocuments(
    ids: string[],
    before: number,
    signal: AbortSignal,
  ): Promise<(DeleteOutcome | BackendError)[]> {
    const startedAt = performance.now();
    await this.#needIndex(signal);
    const results: (DeleteOutcome | BackendError)[] = [];
    while (results.length < ids.length) {
      const chunk = ids.slice(results.length, results.length + CHUNK);
      try {
        if (results.length > 0 && performance.now() - startedAt > REQUEST_MS) throw this.#tooLate();
        results.push(...(await this.#deleteChunk(chunk, before, signal)));
      } catch (error) {
        // Report what is done. Further chunks would fail for the same reason.
        if (!(error instanceof BackendError) || results.length === 0) throw error;
        return ids.map((_, index) => results[index] ?? error);
      }
    }
    return results;
  }

  measure(signal: AbortSignal): Promise<{ documents: number; newest: number }> {
    return measure(this.#client, this.#options.index, signal);
  }

  listIds(range: DocumentRange, signal: AbortSignal): Promise<{ ids: string[]; upTo: number }> {
    return listIds(this.#client, { index: this.#options.index, range }, signal);
  }

  check(): Promise<Finding[]> {
    return checkSearch(this.#client, this.#options);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #tooLate(): BackendError {
    const { index } = this.#options;
    return new BackendError(
      'Unreachable',
      `${DELETING} ${index} at ${this.#client.where}: no answer in time`,
    );
  }

  async #deleteChunk(
    ids: string[],
    before: number,
    signal: AbortSignal,
  ): Promise<(DeleteOutcome | BackendError)[]> {
    const { index, guard } = this.#options;
    const body = ids.flatMap((id) => bulkLines(guard, id, before));
    const request = { index, body, timeout: SHARD_WAIT, filter_path: ANSWER_FIELDS };
    const { items } = await this.#client.ask<BulkAnswer>(
      `${DELETING} ${index}`,
      (client) => client.bulk(request),
      signal,
    );
    if (items?.length !== ids.length) {
      throw new BackendError(
        'ServerError',
        `${DELETING} ${index} at ${this.#client.where}: not the answer of _bulk`,
      );
    }
    return items.map((item) => this.#readItem(Object.values(item)[0] ?? { status: 500 }));
  }

  #readItem(item: BulkItem): DeleteOutcome | BackendError {
    const outcome = readOutcome(this.#options.guard, item);
    if (outcome) return outcome;
    if (item.error?.type === 'index_not_found_exception') this.#seenAt = Number.NEGATIVE_INFINITY;
    return explainFailure(`${DELETING} ${this.#options.index} at ${this.#client.where}`, item);
  }

  /** A delete with an external version would create a missing index, and so would an update. */
  async #needIndex(signal: AbortSignal): Promise<void> {
    if (performance.now() - this.#seenAt < SEEN_MS) return;
    const { index } = this.#options;
    if (!(await this.#client.hasIndex(`${DELETING} ${index}`, index, signal)))
      throw noSuchIndex(`${DELETING} ${index} at ${this.#client.where}`);
    this.#seenAt = performance.now();
  }
}
