import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { BackendError } from '../../../activities/backends/backend.ts';
import { OpenSearchIndex } from '../../../activities/backends/open-search/open-search.ts';
import type { SearchOptions } from '../../../activities/backends/open-search/search-options.ts';
import { SearchApi } from '../search-api.ts';
import { type SearchServer, startTestOpenSearch } from '../servers/open-search.ts';
import { until } from '../until.ts';

export const RECEIVED_AT = 1_724_173_863_500;
export const EARLIER = RECEIVED_AT - 60_000;
export const LATER = RECEIVED_AT + 1;
export const NEVER = new AbortController().signal;
export const FIELD = { kind: 'field', field: 'updatedAt' } as const;

export type SearchStage = ReturnType<typeof searchStage>;

/** A search server for a file of tests, with its own API; what tests open on it is closed at the end. */
export function searchStage(start: () => Promise<SearchServer> = startTestOpenSearch) {
  const opened: { stop(): unknown }[] = [];
  let api: SearchApi;
  before(async () => {
    const server = await start();
    opened.push({ stop: () => server.stop() });
    api = new SearchApi(server.url);
  });
  after(async () => {
    for (const { stop } of opened.reverse()) await stop();
  });

  /** An index of one test's own. */
  async function createIndex(settings: object = {}): Promise<string> {
    const name = indexName();
    await api.createIndex(name, settings);
    opened.push({ stop: () => api.ask('DELETE', name) });
    return name;
  }

  function indexName(): string {
    return `friends-${process.pid}-${opened.length}-${Math.random().toString(36).slice(2, 8)}`;
  }

  function open(
    index: string,
    guard: SearchOptions['guard'],
    more: Partial<SearchOptions> = {},
  ): OpenSearchIndex {
    const search = new OpenSearchIndex({ url: api.url, index, guard, ...more });
    opened.push({ stop: () => search.close() });
    return search;
  }

  /**
   * Waits until the server no longer knows of the deletes so far; `index.gc_deletes` is a minute where nobody sets it. A
   * document whose delete is remembered goes on counting its versions; of one that is forgotten the first one is 1.
   */
  async function forgetDeletes(index: string): Promise<void> {
    const probes = Array.from({ length: 400 }, (_, number) => `probe-${number}`);
    await api.deleteAll(index, probes);
    await until('the deletes to be forgotten', async () => {
      const probe = probes.pop();
      assert.ok(probe, 'the deletes are still remembered');
      await api.ask('POST', `${index}/_refresh`);
      const { _version } = await api.ask<{ _version: number }>('PUT', `${index}/_doc/${probe}`, {});
      return _version === 1;
    });
  }

  return {
    get api() {
      return api;
    },
    opened,
    createIndex,
    indexName,
    open,
    forgetDeletes,
  };
}

/** `deleted`, or the failure's type and message. */
export async function outcomesOf(
  search: OpenSearchIndex,
  ids: string[],
  before = RECEIVED_AT,
): Promise<string[]> {
  const results = await search.deleteDocuments(ids, before, NEVER).catch((error) => [error]);
  return results.map((result: unknown) => {
    if (typeof result === 'string') return result;
    assert.ok(result instanceof BackendError, String(result));
    assert.ok(
      ids.every((id) => id.length < 3 || !result.message.includes(id)),
      result.message,
    );
    return `${result.type}: ${result.message}`;
  });
}

export async function findingsOf(search: OpenSearchIndex): Promise<string> {
  return (await search.check()).map(({ state, message }) => `${state}: ${message}`).join('\n');
}
