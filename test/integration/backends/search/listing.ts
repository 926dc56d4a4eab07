import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenSearchIndex } from '../../../../activities/backends/open-search/open-search.ts';
import { NEVER, type SearchStage } from '../../../support/stages/search-stage.ts';

const idsOf = (count: number) => Array.from({ length: count }, (_, number) => `user-${number}:bob`);

/** Reads all documents up to `until`, in pages of `limit`. */
async function listAll(search: OpenSearchIndex, until: number, limit: number): Promise<string[]> {
  const all: string[] = [];
  for (let after = -1; after < until; ) {
    const { ids, upTo } = await search.listIds({ after, until, limit }, NEVER);
    assert.ok(upTo > after, 'it moves on');
    all.push(...ids);
    after = upTo;
  }
  return all;
}

/** What `reconcile` reads. */
export function describeListing(stage: SearchStage): void {
  test('every document of an index with several shards is listed once, whatever the size of the pages', async () => {
    const index = await stage.createIndex({ number_of_shards: 3 });
    const ids = idsOf(500);
    await stage.api.indexAll(index, ids, 1_724_173_863_500);
    await stage.api.ask('POST', `${index}/_refresh`);
    const search = stage.open(index, { kind: 'external' });
    const { documents, newest } = await search.measure(NEVER);
    assert.equal(documents, 500);
    for (const limit of [7, 100, 1_000])
      assert.deepEqual((await listAll(search, newest, limit)).sort(), ids.toSorted());
  });

  test('what is indexed while the list is read is not listed: it is newer than the beginning', async () => {
    const index = await stage.createIndex();
    await stage.api.indexAll(index, idsOf(50), 1_724_173_863_500);
    await stage.api.ask('POST', `${index}/_refresh`);
    const search = stage.open(index, { kind: 'external' });
    const { newest } = await search.measure(NEVER);
    await stage.api.index(index, 'user-7:bob', { version: 1_724_173_863_501 });
    await stage.api.index(index, 'new:bob', { version: 1_724_173_863_501 });
    await stage.api.ask('POST', `${index}/_refresh`);
    const listed = await listAll(search, newest, 10);
    assert.deepEqual(
      listed.sort(),
      idsOf(50)
        .filter((id) => id !== 'user-7:bob')
        .sort(),
    );
  });

  test('an empty index has nothing to list', async () => {
    const search = stage.open(await stage.createIndex(), { kind: 'external' });
    assert.deepEqual(await search.measure(NEVER), { documents: 0, newest: -1 });
  });

  test('given an index that is not there, then it is Rejected, and the message says what to set', async () => {
    const search = stage.open(stage.indexName(), { kind: 'external' });
    await assert.rejects(search.measure(NEVER), { type: 'Rejected', message: /set SEARCH_INDEX/ });
  });
}
