import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createOpsApp } from '../../../src/http/ops-app.ts';
import { listen } from '../../../src/http/server.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { RecentMetrics } from '../../../src/telemetry/recent.ts';
import { readAnswer, sendRaw } from '../../support/doubles/raw-http.ts';
import { type Door, goodBody, openDoor, requestBytes, signedQuery } from '../../support/stages/door.ts';
import { until } from '../../support/until.ts';

const CLOSE = ['Host: localhost', 'Connection: close'];

let door: Door;
before(async () => {
  door = await openDoor();
});
after(() => door.server.close());

const ACKNOWLEDGED: Record<string, string> = {
  'without Host': requestBytes({ headers: ['Connection: close'] }),
  'with an Expect that nobody knows': requestBytes({ headers: [...CLOSE, 'Expect: foo'] }),
  'that asks for HTTP/2': requestBytes({
    headers: ['Host: localhost', 'Connection: close, Upgrade, HTTP2-Settings', 'Upgrade: h2c'],
  }),
  'in HTTP/1.0': requestBytes({ headers: [] }).replace('HTTP/1.1', 'HTTP/1.0'),
};
for (const [what, bytes] of Object.entries(ACKNOWLEDGED)) {
  test(`a signed callback ${what} is acknowledged`, async () => {
    assert.equal(readAnswer(await sendRaw(door.server.url, bytes)), '200');
  });
}

test('a client that closes its side after a signed callback gets its OK, however slow the journal is', async (t) => {
  const slow = await openDoor({
    accept: ({ key }) => delay(200, { deliveryId: key.origin, duplicate: false }),
  });
  t.after(() => slow.server.close());
  assert.equal(readAnswer(await sendRaw(slow.server.url, requestBytes(), { halfClose: true })), '200');
});

test('a client that closes its side in the middle of a body is told so', async () => {
  const before = await door.counted('aborted');
  const bytes = requestBytes({ body: '{"Callback', length: 100 });
  assert.equal(
    readAnswer(await sendRaw(door.server.url, bytes, { halfClose: true })),
    '400 body: incomplete',
  );
  assert.equal(await door.counted('aborted'), before + 1);
});

const REFUSED: [what: string, bytes: string, answer: string, verdict: string][] = [
  ['what is not HTTP', 'NOT HTTP\r\n\r\n', '400 malformed HTTP request', 'malformed-http'],
  ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\n\r\n', '405 method must be POST', 'wrong-method'],
  [
    'chunks that can’t be read',
    `POST /?${signedQuery()} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"Cal\r\nnonsense`,
    '400 body: incomplete',
    'aborted',
  ],
];
for (const [what, bytes, answer, verdict] of REFUSED) {
  test(`${what} gets the three fields, and is counted as ${verdict}`, async () => {
    const before = await door.counted(verdict);
    assert.equal(readAnswer(await sendRaw(door.server.url, bytes)), answer);
    assert.equal(await door.counted(verdict), before + 1);
  });
}

test('a head that is cut off gets the three fields', async () => {
  const answer = await sendRaw(door.server.url, 'POST / HT', { halfClose: true });
  assert.equal(readAnswer(answer), '400 malformed HTTP request');
});

test('given nonsense behind a signed callback, then the OK comes first', async () => {
  const answers = await sendRaw(door.server.url, `${requestBytes()}NOT HTTP\r\n\r\n`);
  assert.match(answers, /^HTTP\/1\.1 200 .*"OK".*HTTP\/1\.1 400 .*malformed HTTP request"}$/s);
});

test('a peer that resets its connection is not counted as malformed', async () => {
  const before = await door.counted('malformed-http');
  const aborted = await door.counted('aborted');
  const socket = connect(door.server.port, '127.0.0.1', () => {
    socket.write(requestBytes({ length: 10_000 }), () => setImmediate(() => socket.resetAndDestroy()));
  });
  await until('it to be noticed', async () => (await door.counted('aborted')) === aborted + 1);
  assert.equal(await door.counted('malformed-http'), before);
});

const SECRET = 'a-secret-path';
const BROKEN_TARGET = `POST http://[/${SECRET}?Sign=${SECRET} HTTP/1.1\r\nConnection: close\r\n\r\n`;

test('a target that can’t be parsed is refused as malformed, not taken for a lost callback, and is not logged', async () => {
  const before = await door.counted('malformed-http');
  assert.equal(readAnswer(await sendRaw(door.server.url, BROKEN_TARGET)), '400 malformed HTTP request');
  assert.equal(await door.counted('malformed-http'), before + 1);
  assert.equal(await door.counted('unavailable'), 0);
  assert.doesNotMatch(JSON.stringify(door.logs), new RegExp(SECRET));
});

test('OPS_PORT answers such a target, and a route that fails, in JSON, and prints nothing of its own', async (t) => {
  const printed = t.mock.method(console, 'error', () => undefined);
  const logs: string[] = [];
  const metrics = createMetrics();
  const app = createOpsApp({
    metrics,
    logger: createLogger('debug', { write: (line) => logs.push(line) }),
    coreMetrics: async () => '',
    components: () => Promise.reject(new Error('no state')),
    page: { recent: new RecentMetrics(metrics.registry), what: 'receiver', attentionUrl: '' },
  });
  const ops = await listen(app.callback(), { host: '127.0.0.1', port: 0, setting: 'OPS_PORT' });
  t.after(() => ops.close());
  assert.equal(readAnswer(await sendRaw(ops.url, BROKEN_TARGET)), '400 malformed HTTP request');
  const failed = await fetch(`${ops.url}/readyz`);
  assert.equal(failed.status, 500);
  assert.deepEqual(await failed.json(), { status: 'failed: see the log' });
  assert.match(logs.join(''), /no state/);
  assert.doesNotMatch(logs.join(''), new RegExp(SECRET));
  assert.equal(printed.mock.callCount(), 0);
});

test('an unexpected error of the intake is logged without what it carries', async (t) => {
  const failing = await openDoor({
    accept: () =>
      Promise.reject(Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: SECRET })),
  });
  t.after(() => failing.server.close());
  assert.match(readAnswer(await sendRaw(failing.server.url, requestBytes({ headers: CLOSE }))), /^503 /);
  const line = failing.logs.find(({ msg }) => msg === 'callback not accepted: unexpected error');
  const { stack, ...err } = (line?.err ?? {}) as Record<string, unknown>;
  const message = 'left out, because it can quote the refused input';
  assert.deepEqual(err, { type: 'TypeError', message, code: 'ERR_INVALID_URL' });
  assert.match(String(stack), /^ +at /);
  assert.doesNotMatch(JSON.stringify(failing.logs), new RegExp(SECRET));
});

test('a large body that is refused leaves its answer readable', async () => {
  const query = new URLSearchParams(signedQuery());
  query.set('Sign', 'f'.repeat(64));
  const response = await fetch(`${door.server.url}/?${query}`, { method: 'POST', body: goodBody(4_000_000) });
  assert.equal(response.status, 401);
});
