import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  EARLIER,
  FIELD,
  findingsOf,
  LATER,
  outcomesOf,
  RECEIVED_AT,
  type SearchStage,
} from '../../../support/stages/search-stage.ts';

/** What only one guard does, and what the check says of each. */
export function describeEachGuard(stage: SearchStage): void {
  describe('SEARCH_GUARD=external', () => testExternal(stage));
  describe('SEARCH_GUARD=field', () => testField(stage));
  describe('SEARCH_GUARD=none', () => testNone(stage));
}

function testExternal(stage: SearchStage): void {
  const { createIndex, forgetDeletes, open } = stage;
  const guard = { kind: 'external' } as const;

  test('given deletes of two deliveries, when the older one comes last, then it succeeds too', async () => {
    const index = await createIndex();
    const search = open(index, guard);
    assert.deepEqual(await outcomesOf(search, ['alice:bob'], LATER), ['absent']);
    assert.deepEqual(await outcomesOf(search, ['alice:bob'], RECEIVED_AT), ['newer']);
  });

  test('given an app that does not use external versions, then a late delete removes the new document, and the check warns', async () => {
    const index = await createIndex({ 'index.gc_deletes': '1s' });
    const search = open(index, guard);
    assert.match(await findingsOf(search), /^ok: .*\nwarning: the index is empty: make sure/);
    await stage.api.index(index, 'alice:bob');
    await stage.api.ask('POST', `${index}/_refresh`);
    assert.match(
      await findingsOf(search),
      /^ok: .*\nwarning: .* 1 of 1 documents .*SEARCH_GUARD=field:<name>$/,
    );
    assert.deepEqual(await outcomesOf(search, ['alice:bob']), ['deleted']);
    await forgetDeletes(index);
    await stage.api.index(index, 'alice:bob');
    assert.deepEqual(await outcomesOf(search, ['alice:bob']), ['deleted']);
  });

  test('given versions that are times, then the check says so', async () => {
    const index = await createIndex();
    await stage.api.index(index, 'alice:bob', { version: EARLIER });
    await stage.api.ask('POST', `${index}/_refresh`);
    assert.match(await findingsOf(open(index, guard)), /^ok: .*\nok: SEARCH_GUARD=external: versions of 1 /);
  });
}

function testField(stage: SearchStage): void {
  const { createIndex, open } = stage;
  const [before, after] = ['2024-08-20T17:11:03.500', '2024-08-20T17:11:03.501'];
  const TIMES: Record<'deleted' | 'newer' | 'fails', unknown[]> = {
    deleted: [
      RECEIVED_AT,
      String(EARLIER),
      `${before}Z`,
      `${before}+00:00`,
      '2024-08-21T01:11:03.500+0800',
      before,
    ],
    newer: [
      LATER,
      String(LATER),
      `${after}Z`,
      '2024-08-21T01:11:03.501+08:00',
      '2024-08-20T12:11:03.501-0500',
      after.replace('T', ' '),
    ],
    fails: [
      undefined,
      null,
      '',
      'yesterday',
      '2024-08-20',
      1_724_173_863,
      '1724173863',
      -1,
      true,
      [LATER],
      { ms: LATER },
    ],
  };

  for (const [expected, times] of Object.entries(TIMES)) {
    test(`given ${times.map((time) => JSON.stringify(time)).join(', ')} as a time, then each is ${expected}`, async () => {
      const index = await createIndex();
      await stage.api.ask('PUT', `${index}/_mapping`, { dynamic: false });
      const ids = times.map((_, number) => `alice:${number}`);
      for (const [number, updatedAt] of times.entries()) {
        await stage.api.index(index, ids[number] as string, { body: { updatedAt } });
      }
      const outcomes = await outcomesOf(open(index, FIELD), ids);
      const failure = `Rejected: deleting from ${index} at ${stage.api.url}: the document has no time in the field of SEARCH_GUARD: ms since 1970, or ISO 8601`;
      assert.deepEqual(
        outcomes,
        ids.map(() => (expected === 'fails' ? failure : expected)),
      );
      for (const id of ids) assert.equal(await stage.api.has(index, id), expected !== 'deleted');
    });
  }

  test('given a field inside an object, then its dotted name reaches it', async () => {
    const index = await createIndex();
    await stage.api.index(index, 'old', { body: { meta: { at: EARLIER } } });
    await stage.api.index(index, 'new', { body: { meta: { at: LATER } } });
    const search = open(index, { kind: 'field', field: 'meta.at' });
    assert.deepEqual(await outcomesOf(search, ['old', 'new', 'absent']), ['deleted', 'newer', 'absent']);
  });

  test('given documents without the field, then the check says how many, and changes nothing', async () => {
    const index = await createIndex();
    const search = open(index, FIELD);
    assert.match(
      await findingsOf(search),
      /^ok: .*\nwarning: the index is empty: make sure that documents have a time in updatedAt$/,
    );
    await stage.api.index(index, 'without', { body: { x: 1 } });
    await stage.api.ask('POST', `${index}/_refresh`);
    assert.match(await findingsOf(search), /\nfault: .* 1 of 1 documents have no time in it/);
    await stage.api.index(index, 'with', { body: { updatedAt: new Date(EARLIER).toISOString() } });
    await stage.api.ask('POST', `${index}/_refresh`);
    assert.match(await findingsOf(search), /\nwarning: .* 1 of 2 documents have no time in it/);
    const { count } = await stage.api.ask<{ count: number }>('GET', `${index}/_count`);
    assert.equal(count, 2);
  });
}

function testNone(stage: SearchStage): void {
  const { createIndex, open } = stage;

  test('given any document, then a late delete removes whatever is there, and the check warns', async () => {
    const index = await createIndex();
    const search = open(index, { kind: 'none' });
    await stage.api.index(index, 'alice:bob', { version: LATER });
    assert.deepEqual(await outcomesOf(search, ['alice:bob', 'alice:carol']), ['deleted', 'absent']);
    assert.match(await findingsOf(search), /^ok: .*\nwarning: SEARCH_GUARD=none: a late delete also removes/);
  });
}
