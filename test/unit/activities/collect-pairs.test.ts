import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SearchIndex } from '../../../activities/backends/search-index.ts';
import { DocumentIds } from '../../../activities/document-ids.ts';
import { collectPairs } from '../../../activities/reconcile/collect-pairs.ts';

const NEVER = new AbortController().signal;
const documentIds = new DocumentIds('{From_Account}:{To_Account}');

/** An index of so many documents, whose friends of one account lie far apart. */
function indexOf(count: number): SearchIndex {
  const idOf = (number: number) => `user-${number % 100}:friend-${number}`;
  const unused = () => assert.fail('not needed');
  return {
    async listIds({ after, until, limit }) {
      const upTo = Math.min(until, after + Math.min(limit, 2_000));
      return { ids: Array.from({ length: upTo - after }, (_, index) => idOf(after + 1 + index)), upTo };
    },
    measure: async () => ({ documents: count, newest: count - 1 }),
    deleteDocuments: unused,
    check: unused,
    close: unused,
  };
}

const COUNT = 120_000;
const searchIndex = indexOf(COUNT);
const source = { searchIndex, documentIds };
const collect = (position: { after: number; end?: number }, accounts?: string[]) =>
  collectPairs(source, { position: { ...position, until: COUNT - 1 }, accounts }, NEVER);

test('a large index is collected in parts, and the pairs of one account are together in each', async () => {
  let after = -1;
  let pairs = 0;
  const sizes: number[] = [];
  while (after < COUNT - 1) {
    const part = await collect({ after });
    assert.equal(new Set(part.pairs.slice(0, part.pairs.length / 100).map(({ from }) => from)).size, 1);
    sizes.push(part.documents);
    pairs += part.pairs.length;
    after = part.end;
  }
  assert.deepEqual([sizes, pairs], [[50_000, 50_000, 20_000], COUNT]);
});

test('a part that was begun is collected again to the same end, with the same pairs in the same order', async () => {
  const first = await collect({ after: 999 });
  const again = await collect({ after: 999, end: first.end });
  assert.deepEqual(again, first);
});

test('given accounts, then many documents are read for few pairs', async () => {
  const { documents, pairs } = await collect({ after: -1 }, ['user-7', 'friend-13']);
  assert.deepEqual([documents, pairs.length], [COUNT, COUNT / 100 + 1]);
});
