import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { before, describe, test } from 'node:test';
import { BackendError } from '../../../activities/backends/backend.ts';
import { freePort } from '../../../src/temporal/local/free-port.ts';
import { AuthProxy } from '../../support/doubles/auth-proxy.ts';
import { selfSigned } from '../../support/inputs/certificates.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';
import {
  EARLIER,
  findingsOf,
  NEVER,
  outcomesOf,
  RECEIVED_AT,
  searchStage,
} from '../../support/stages/search-stage.ts';

const stage = searchStage();
const { createIndex, open, opened } = stage;

describe('a search server behind TLS and a password', () => {
  let proxyOptions: Parameters<typeof AuthProxy.start>[0];
  let proxy: AuthProxy;
  let ca: string;
  let index: string;
  before(async () => {
    const folder = temporaryFolder();
    const certificate = selfSigned(folder.path);
    ca = certificate.cert;
    proxyOptions = { to: stage.api.url, user: 'unfriend', password: 's3cr3t/@:', certificate };
    proxy = await AuthProxy.start(proxyOptions);
    opened.push({ stop: () => folder.remove() }, { stop: () => proxy.stop() });
    index = await createIndex();
  });

  test('given the right credentials and the CA, then documents are deleted', async () => {
    await stage.api.index(index, 'alice:bob', { version: EARLIER });
    const search = open(index, { kind: 'external' }, { url: proxy.url(), ca });
    assert.deepEqual(await outcomesOf(search, ['alice:bob']), ['deleted']);
    assert.match(await findingsOf(search), /^ok: /);
  });

  test('given wrong credentials, then the failure is Unauthorized, and no message repeats the credentials', async () => {
    const search = open(index, { kind: 'external' }, { url: proxy.url('unfriend:wr0ng'), ca });
    const [outcome = ''] = await outcomesOf(search, ['alice:bob']);
    assert.match(outcome, /^Unauthorized: deleting from .* at https:\/\/localhost:\d+: 401$/);
    const findings = await findingsOf(search);
    assert.match(findings, /^fault: .*: 401; check user and password in SEARCH_URL/);
    assert.doesNotMatch(outcome + findings, /wr0ng|s3cr3t/);
  });

  test('given a certificate of an unknown CA, then the check names SEARCH_CA', async () => {
    const search = open(index, { kind: 'external' }, { url: proxy.url() });
    assert.match(
      (await outcomesOf(search, ['alice:bob']))[0] ?? '',
      /^Unreachable: .*self-signed certificate/,
    );
    assert.match(await findingsOf(search), /^fault: .*SEARCH_CA/);
  });

  test('given 429 with Retry-After, or a gateway’s 5xx, then the failure is retryable, and carries the time asked for', async () => {
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
