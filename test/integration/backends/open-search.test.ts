import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { BackendError } from '../../../activities/backends/backend.ts';
import { OpenSearchIndex } from '../../../activities/backends/open-search/open-search.ts';
import type { SearchOptions } from '../../../activities/backends/open-search/search-options.ts';
import { updateSearchIndex } from '../../../activities/update-search-index.ts';
import { freePort } from '../../../src/temporal/local/free-port.ts';
import { AuthProxy } from '../../support/doubles/auth-proxy.ts';
import { selfSigned } from '../../support/inputs/certificates.ts';
import { deliveryOf, pairsOf } from '../../support/inputs/deliveries.ts';
import { describeOutcomes, runnerOf } from '../../support/run-side-effect.ts';
import { SearchApi } from '../../support/search-api.ts';
import { type OpenSearchServer, startTestOpenSearch } from '../../support/servers/open-search.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

const RECEIVED_AT = 1_724_173_863_500;
const EARLIER = RECEIVED_AT - 60_000;
const LATER = RECEIVED_AT + 1;
const NEVER = new AbortController().signal;
const FIELD = { kind: 'field', field: 'updatedAt' } as const;

let server: OpenSearchServer;
let api: SearchApi;
before(async () => {
  server = await startTestOpenSearch();
  api = new SearchApi(server.url);
});

const opened: { stop(): unknown }[] = [];
after(async () => {
  for (const { stop } of opened.reverse()) await stop();
  await server.stop();
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
  const search = new OpenSearchIndex({ url: server.url, index, guard, ...more });
  opened.push({ stop: () => search.close() });
  return search;
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

/** `deleted`, or the failure's type and message. */
async function outcomesOf(search: OpenSearchIndex, ids: string[], before = RECEIVED_AT): Promise<string[]> {
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

async function findingsOf(search: OpenSearchIndex): Promise<string> {
  return (await search.check()).map(({ state, message }) => `${state}: ${message}`).join('\n');
}

/** Puts a document at that time, in the way that the guard wants the app to. */
const INDEXED = {
  external: (index: string, id: string, at: number) => api.index(index, id, { version: at }),
  field: (index: string, id: string, at: number) => api.index(index, id, { body: { updatedAt: at } }),
};

for (const [name, guard] of [
  ['external', { kind: 'external' }],
  ['field', FIELD],
] as const) {
  describe(`SEARCH_GUARD=${name}`, () => {
    const put = INDEXED[name];

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
      assert.equal(await api.has(index, 'alice:bob'), false);
      assert.equal(await api.has(index, 'alice:carol'), true);
    });

    test('given a friendship made again since, when the delete comes late, then the new document stays', async () => {
      const index = await createIndex();
      const { run, input } = lateDelete(open(index, guard));
      await put(index, 'alice:bob', EARLIER);
      await put(index, 'alice:bob', LATER);
      assert.deepEqual(describeOutcomes(await run(input)), ['done newer']);
      assert.equal(await api.has(index, 'alice:bob'), true);
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
      assert.equal(await api.has(index, 'alice:bob'), true);
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
      assert.equal(await api.has(index, 'alice:carol'), true);
    });

    test('given a document of the very moment of the callback, then it is deleted', async () => {
      const index = await createIndex();
      await put(index, 'alice:bob', RECEIVED_AT);
      assert.deepEqual(await outcomesOf(open(index, guard), ['alice:bob']), ['deleted']);
    });

    test('given odd UserIDs and more documents than fit one request, then each outcome is in its place', async () => {
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
      const words = `deleting from ${index} at ${server.url}: there is no such index; create it, or set SEARCH_INDEX`;
      assert.deepEqual(await outcomesOf(search, ['alice:bob', 'alice:carol']), [`Rejected: ${words}`]);
      assert.equal(await api.hasIndex(index), false);
      assert.match(await findingsOf(search), /^fault: .*there is no such index; create it/);
      assert.equal(await api.hasIndex(index), false);
    });

    test('given an alias, then the documents of its index are deleted', async () => {
      const index = await createIndex();
      const alias = indexName();
      await api.ask('PUT', `${index}/_alias/${alias}`);
      await put(index, 'alice:bob', EARLIER);
      assert.deepEqual(await outcomesOf(open(alias, guard), ['alice:bob']), ['deleted']);
    });

    test('given an index that takes no writes for now, then that may pass', async () => {
      const index = await createIndex();
      await put(index, 'alice:bob', EARLIER);
      const search = open(index, guard);
      const failed = `deleting from ${index} at ${server.url}:`;
      await api.ask('PUT', `${index}/_settings`, { 'index.blocks.write': true });
      assert.deepEqual(await outcomesOf(search, ['alice:bob']), [
        `ServerError: ${failed} 403 cluster_block_exception`,
      ]);
      // What the server sets by itself when its disk is almost full.
      await api.ask('PUT', `${index}/_settings`, {
        ...{ 'index.blocks.write': null, 'index.blocks.read_only_allow_delete': true },
      });
      assert.deepEqual(await outcomesOf(search, ['alice:bob']), [
        `Busy: ${failed} 429 cluster_block_exception`,
      ]);
      await api.ask('PUT', `${index}/_settings`, { 'index.blocks.read_only_allow_delete': null });
      await api.ask('POST', `${index}/_close`);
      assert.deepEqual(await outcomesOf(search, ['alice:bob']), [
        `ServerError: ${failed} 400 index_closed_exception`,
      ]);
      await api.ask('POST', `${index}/_open?wait_for_active_shards=1`);
      assert.deepEqual(await outcomesOf(search, ['alice:bob']), ['deleted']);
    });
  });
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

describe('SEARCH_GUARD=external', () => {
  const guard = { kind: 'external' } as const;

  test('given deletes of two deliveries, when the older comes last, then it is done too', async () => {
    const index = await createIndex();
    const search = open(index, guard);
    assert.deepEqual(await outcomesOf(search, ['alice:bob'], LATER), ['absent']);
    assert.deepEqual(await outcomesOf(search, ['alice:bob'], RECEIVED_AT), ['newer']);
  });

  test('given an app that does not use external versions, then a late delete takes the new document, and the check warns', async () => {
    const index = await createIndex({ 'index.gc_deletes': '1s' });
    const search = open(index, guard);
    assert.match(await findingsOf(search), /^ok: .*\nwarning: the index is empty: make sure/);
    await api.index(index, 'alice:bob');
    await api.ask('POST', `${index}/_refresh`);
    assert.match(
      await findingsOf(search),
      /^ok: .*\nwarning: .* 1 of 1 documents .*SEARCH_GUARD=field:<name>$/,
    );
    assert.deepEqual(await outcomesOf(search, ['alice:bob']), ['deleted']);
    await forgetDeletes(index);
    await api.index(index, 'alice:bob');
    assert.deepEqual(await outcomesOf(search, ['alice:bob']), ['deleted']);
  });

  test('given versions that are times, then the check says so', async () => {
    const index = await createIndex();
    await api.index(index, 'alice:bob', { version: EARLIER });
    await api.ask('POST', `${index}/_refresh`);
    assert.match(await findingsOf(open(index, guard)), /^ok: .*\nok: SEARCH_GUARD=external: versions of 1 /);
  });
});

describe('SEARCH_GUARD=field', () => {
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
      await api.ask('PUT', `${index}/_mapping`, { dynamic: false });
      const ids = times.map((_, number) => `alice:${number}`);
      for (const [number, updatedAt] of times.entries()) {
        await api.index(index, ids[number] as string, { body: { updatedAt } });
      }
      const outcomes = await outcomesOf(open(index, FIELD), ids);
      const failure = `Rejected: deleting from ${index} at ${server.url}: the document has no time in the field of SEARCH_GUARD: ms since 1970, or ISO 8601`;
      assert.deepEqual(
        outcomes,
        ids.map(() => (expected === 'fails' ? failure : expected)),
      );
      for (const id of ids) assert.equal(await api.has(index, id), expected !== 'deleted');
    });
  }

  test('given a field inside an object, then its dotted name reaches it', async () => {
    const index = await createIndex();
    await api.index(index, 'old', { body: { meta: { at: EARLIER } } });
    await api.index(index, 'new', { body: { meta: { at: LATER } } });
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
    await api.index(index, 'without', { body: { x: 1 } });
    await api.ask('POST', `${index}/_refresh`);
    assert.match(await findingsOf(search), /\nfault: .* 1 of 1 documents have no time in it/);
    await api.index(index, 'with', { body: { updatedAt: new Date(EARLIER).toISOString() } });
    await api.ask('POST', `${index}/_refresh`);
    assert.match(await findingsOf(search), /\nwarning: .* 1 of 2 documents have no time in it/);
    const { count } = await api.ask<{ count: number }>('GET', `${index}/_count`);
    assert.equal(count, 2);
  });
});

test('given SEARCH_GUARD=none, then a late delete removes whatever is there, and the check warns', async () => {
  const index = await createIndex();
  const search = open(index, { kind: 'none' });
  await api.index(index, 'alice:bob', { version: LATER });
  assert.deepEqual(await outcomesOf(search, ['alice:bob', 'alice:carol']), ['deleted', 'absent']);
  assert.match(await findingsOf(search), /^ok: .*\nwarning: SEARCH_GUARD=none: a late delete also removes/);
});

describe('what stands before the search server', () => {
  let proxyOptions: Parameters<typeof AuthProxy.start>[0];
  let proxy: AuthProxy;
  let ca: string;
  let index: string;
  before(async () => {
    const folder = temporaryFolder();
    const certificate = selfSigned(folder.path);
    ca = certificate.cert;
    proxyOptions = { to: server.url, user: 'unfriend', password: 's3cr3t/@:', certificate };
    proxy = await AuthProxy.start(proxyOptions);
    opened.push({ stop: () => folder.remove() }, { stop: () => proxy.stop() });
    index = await createIndex();
  });

  test('given the right credentials and the CA, then documents are deleted', async () => {
    await api.index(index, 'alice:bob', { version: EARLIER });
    const search = open(index, { kind: 'external' }, { url: proxy.url(), ca });
    assert.deepEqual(await outcomesOf(search, ['alice:bob']), ['deleted']);
    assert.match(await findingsOf(search), /^ok: /);
  });

  test('given wrong credentials, then no retry helps, and nothing repeats them', async () => {
    const search = open(index, { kind: 'external' }, { url: proxy.url('unfriend:wr0ng'), ca });
    const [outcome = ''] = await outcomesOf(search, ['alice:bob']);
    assert.match(outcome, /^Unauthorized: deleting from .* at https:\/\/localhost:\d+: 401$/);
    const findings = await findingsOf(search);
    assert.match(findings, /^fault: .*: 401; check user and password in SEARCH_URL/);
    assert.doesNotMatch(outcome + findings, /wr0ng|s3cr3t/);
  });

  test('given a CA that nobody named, then the check names SEARCH_CA', async () => {
    const search = open(index, { kind: 'external' }, { url: proxy.url() });
    assert.match(
      (await outcomesOf(search, ['alice:bob']))[0] ?? '',
      /^Unreachable: .*self-signed certificate/,
    );
    assert.match(await findingsOf(search), /^fault: .*SEARCH_CA/);
  });

  test('given 429 with Retry-After, or a gateway’s 5xx, then both may pass, and the time asked for is known', async () => {
    const search = open(index, { kind: 'external' }, { url: proxy.url(), ca });
    await search.deleteDocuments(['alice:bob'], RECEIVED_AT, NEVER);
    const refuse = async (status: number, headers?: Record<string, string>) => {
      proxy.refusal = { status, ...(headers && { headers }) };
      const error = await search.deleteDocuments(['alice:bob'], RECEIVED_AT, NEVER).catch((thrown) => thrown);
      proxy.refusal = undefined;
      assert.ok(error instanceof BackendError && error.retryable);
      return [error.type, error.retryAfter];
    };
    assert.deepEqual(await refuse(429, { 'retry-after': '7' }), ['Busy', 7_000]);
    assert.deepEqual(await refuse(429), ['Busy', undefined]);
    assert.deepEqual(await refuse(503, { 'retry-after': '90000' }), ['ServerError', 3_600_000]);
    assert.deepEqual(await refuse(502), ['ServerError', undefined]);
    assert.deepEqual(await refuse(200), ['ServerError', undefined]);
  });

  test('given a server that is away and comes back, then each try says so, and the next one succeeds', async () => {
    const port = await freePort();
    const url = proxy.url().replace(/\d+$/, String(port));
    const search = open(index, { kind: 'external' }, { url, ca });
    const words = `deleting from ${index} at https://localhost:${port}: connect ECONNREFUSED 127.0.0.1:${port}`;
    for (let attempt = 0; attempt < 2; attempt++) {
      assert.deepEqual(await outcomesOf(search, ['alice:bob']), [`Unreachable: ${words}`]);
    }
    assert.match(await findingsOf(search), /^fault: .*ECONNREFUSED.*; check SEARCH_URL/);
    const back = await AuthProxy.start({ ...proxyOptions, port });
    opened.push({ stop: () => back.stop() });
    assert.deepEqual(await outcomesOf(search, ['alice:carol']), ['absent']);
  });

  test('given a server that never answers, then the try fails before the activity’s time is up', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const search = open(index, { kind: 'external' }, { url });
    const startedAt = performance.now();
    const words = `deleting from ${index} at ${url}: no answer in time`;
    assert.deepEqual(await outcomesOf(search, ['alice:bob']), [`Unreachable: ${words}`]);
    assert.ok(performance.now() - startedAt < 15_000);
    silent.close();
  });

  test('given a cancelled activity, then the request is given up at once with the reason', async () => {
    const search = open(index, { kind: 'external' });
    const cancelled = new AbortController();
    const deleting = search.deleteDocuments(['alice:bob'], RECEIVED_AT, cancelled.signal);
    cancelled.abort(new Error('cancelled'));
    await assert.rejects(deleting, /^Error: cancelled$/);
  });
});
