import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OpenSearchIndex } from '../../../../activities/backends/open-search/open-search.ts';
import type { SearchOptions } from '../../../../activities/backends/open-search/search-options.ts';
import { updateSearchIndex } from '../../../../activities/update-search-index.ts';
import { deliveryOf, pairsOf } from '../../../support/inputs/deliveries.ts';
import { describeOutcomes, runnerOf } from '../../../support/run-side-effect.ts';
import {
  EARLIER,
  FIELD,
  findingsOf,
  LATER,
  outcomesOf,
  RECEIVED_AT,
  type SearchStage,
} from '../../../support/stages/search-stage.ts';

/** A guard that protects new documents, and how an app puts a document at a time for it. */
type Protection = {
  guard: SearchOptions['guard'];
  put(index: string, id: string, at: number): Promise<unknown>;
};

/** Holds for each of the guards that protect new documents. */
export function describeLateDeletes(stage: SearchStage): void {
  const protections: Record<string, Protection> = {
    external: {
      guard: { kind: 'external' },
      put: (index, id, at) => stage.api.index(index, id, { version: at }),
    },
    field: { guard: FIELD, put: (index, id, at) => stage.api.index(index, id, { body: { updatedAt: at } }) },
  };
  for (const [name, protection] of Object.entries(protections)) {
    describe(`SEARCH_GUARD=${name}`, () => {
      testDeletes(stage, protection);
      testIndexes(stage, protection);
    });
  }
}

function testDeletes(stage: SearchStage, { guard, put }: Protection): void {
  const { createIndex, forgetDeletes, open } = stage;

  test('given a friendship’s document, when it ended, then the document is deleted, and a repeat finds none', async () => {
    const index = await createIndex();
    await put(index, 'alice:bob', EARLIER);
    await put(index, 'alice:carol', EARLIER);
    const run = runnerOf(updateSearchIndex, { searchIndex: open(index, guard) });
    const pairs = pairsOf(['alice', 'bob'], ['bob', 'alice']);
    const { delivery } = deliveryOf(pairs);
    const input = { delivery: { ...delivery, receivedAt: RECEIVED_AT }, pairs };
    assert.deepEqual(describeOutcomes(await run(input)), ['done deleted', 'done absent']);
    for (let repeat = 0; repeat < 2; repeat++) {
      assert.deepEqual(describeOutcomes(await run(input)), ['done absent', 'done absent']);
    }
    assert.equal(await stage.api.has(index, 'alice:bob'), false);
    assert.equal(await stage.api.has(index, 'alice:carol'), true);
  });

  test('given a friendship made again since, when the delete comes late, then the new document stays', async () => {
    const index = await createIndex();
    const { run, input } = lateDelete(open(index, guard));
    await put(index, 'alice:bob', EARLIER);
    await put(index, 'alice:bob', LATER);
    assert.deepEqual(describeOutcomes(await run(input)), ['done newer']);
    assert.equal(await stage.api.has(index, 'alice:bob'), true);
  });

  test('given one made again after the delete, when the activity is retried, then the new document stays, however late', async () => {
    const index = await createIndex({ 'index.gc_deletes': '1s' });
    const { run, input } = lateDelete(open(index, guard));
    await put(index, 'alice:bob', EARLIER);
    assert.deepEqual(describeOutcomes(await run(input)), ['done deleted']);
    await forgetDeletes(index);
    await put(index, 'alice:bob', LATER);
    await forgetDeletes(index);
    assert.deepEqual(describeOutcomes(await run(input, { attempt: 2 })), ['done newer']);
    assert.equal(await stage.api.has(index, 'alice:bob'), true);
  });

  test('given a batch of which one friendship was made again, when all of it is retried, then only that document stays', async () => {
    const index = await createIndex({ 'index.gc_deletes': '1s' });
    const friends = ['bob', 'carol', 'dave'];
    const { run, input } = lateDelete(open(index, guard), friends);
    for (const friend of friends) await put(index, `alice:${friend}`, EARLIER);
    await run(input);
    await forgetDeletes(index);
    await put(index, 'alice:carol', LATER);
    await forgetDeletes(index);
    const outcomes = describeOutcomes(await run(input, { attempt: 2 }));
    assert.deepEqual(outcomes, ['done absent', 'done newer', 'done absent']);
    assert.equal(await stage.api.has(index, 'alice:carol'), true);
  });

  test('given a document of the very moment of the callback, then it is deleted', async () => {
    const index = await createIndex();
    await put(index, 'alice:bob', RECEIVED_AT);
    assert.deepEqual(await outcomesOf(open(index, guard), ['alice:bob']), ['deleted']);
  });
}

function testIndexes(stage: SearchStage, { guard, put }: Protection): void {
  const { createIndex, indexName, open } = stage;

  test('given UserIDs with special characters, and more documents than fit in one request, then each outcome belongs to its document', async () => {
    const index = await createIndex();
    const odd = ['a b:*', '{a}:"', '\\:/', '?:#', "':%2A", '_:_', ' : '];
    for (const id of odd) await put(index, id, EARLIER);
    await put(index, 'last', LATER);
    const ids = [...odd, ...Array.from({ length: 1_200 }, (_, number) => `absent:${number}`), 'last'];
    const outcomes = await outcomesOf(open(index, guard), ids);
    assert.deepEqual(
      outcomes.slice(0, odd.length),
      odd.map(() => 'deleted'),
    );
    assert.deepEqual(new Set(outcomes.slice(odd.length, -1)), new Set(['absent']));
    assert.equal(outcomes.at(-1), 'newer');
  });

  test('given no such index, then nothing creates it, and the failure says what to do', async () => {
    const index = indexName();
    const search = open(index, guard);
    const words = `deleting from ${index} at ${stage.api.url}: there is no such index; create it, or set SEARCH_INDEX`;
    assert.deepEqual(await outcomesOf(search, ['alice:bob', 'alice:carol']), [`Rejected: ${words}`]);
    assert.equal(await stage.api.hasIndex(index), false);
    assert.match(await findingsOf(search), /^fault: .*there is no such index; create it/);
    assert.equal(await stage.api.hasIndex(index), false);
  });

  test('given an alias, then the documents of its index are deleted', async () => {
    const index = await createIndex();
    const alias = indexName();
    await stage.api.ask('PUT', `${index}/_alias/${alias}`);
    await put(index, 'alice:bob', EARLIER);
    assert.deepEqual(await outcomesOf(open(alias, guard), ['alice:bob']), ['deleted']);
  });

  test('given an index that is blocked or closed, then the failure is retryable, and the delete succeeds afterwards', async () => {
    const index = await createIndex();
    await put(index, 'alice:bob', EARLIER);
    const search = open(index, guard);
    const failed = `deleting from ${index} at ${stage.api.url}:`;
    await stage.api.ask('PUT', `${index}/_settings`, { 'index.blocks.write': true });
    assert.deepEqual(await outcomesOf(search, ['alice:bob']), [
      `ServerError: ${failed} 403 cluster_block_exception`,
    ]);
    // What the server sets by itself when its disk is almost full.
    await stage.api.ask('PUT', `${index}/_settings`, {
      'index.blocks.write': null,
      'index.blocks.read_only_allow_delete': true,
    });
    assert.deepEqual(await outcomesOf(search, ['alice:bob']), [
      `Busy: ${failed} 429 cluster_block_exception`,
    ]);
    await stage.api.ask('PUT', `${index}/_settings`, { 'index.blocks.read_only_allow_delete': null });
    await stage.api.ask('POST', `${index}/_close`);
    assert.deepEqual(await outcomesOf(search, ['alice:bob']), [
      `ServerError: ${failed} 400 index_closed_exception`,
    ]);
    await stage.api.ask('POST', `${index}/_open?wait_for_active_shards=1`);
    assert.deepEqual(await outcomesOf(search, ['alice:bob']), ['deleted']);
  });
}

/** The activity, and its input for friends of alice's whose friendships ended at `RECEIVED_AT`. */
function lateDelete(searchIndex: OpenSearchIndex, friends = ['bob']) {
  const pairs = friends.map((to) => ({ from: 'alice', to }));
  const { delivery } = deliveryOf(pairs);
  return {
    run: runnerOf(updateSearchIndex, { searchIndex }),
    input: { delivery: { ...delivery, receivedAt: RECEIVED_AT }, pairs },
  };
}
