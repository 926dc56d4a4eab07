import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { composeCallback, samplePairs } from '../../../src/callback/compose-request.ts';
import { sign } from '../../../src/callback/signature.ts';
import { seeded } from '../../support/inputs/seeded.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { SDK_APP_ID, startTestReceiver, type TestReceiver, TOKEN } from '../../support/stages/receiver.ts';

const COMMAND = 'Sns.CallbackFriendDelete';
const OK_BODY = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '' };
const MAX_BODY = 1024 * 1024;

let temporal: TestTemporal;
let receiver: TestReceiver;
before(async () => {
  temporal = await startTestTemporal();
  receiver = await startTestReceiver(temporal, { IGNORE_PLATFORMS: 'RESTAPI' });
});
after(async () => {
  await receiver.stop();
  await temporal.stop();
});

type Sent = { query?: Record<string, string>; body?: string | Buffer; method?: string; path?: string };

/** A request that is right but for what the test changes. */
async function send({ query = {}, body = goodBody(), method = 'POST', path = '/' }: Sent) {
  const url = new URL(path, receiver.url);
  for (const [name, value] of Object.entries({ ...goodQuery(), ...query })) {
    if (value !== '') url.searchParams.append(name, value);
  }
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return fetch(url, { method, ...(hasBody && { body }) });
}

function goodQuery(): Record<string, string> {
  const requestTime = String(Math.floor(Date.now() / 1000));
  return {
    SdkAppid: SDK_APP_ID,
    CallbackCommand: COMMAND,
    Sign: sign(TOKEN, requestTime),
    RequestTime: requestTime,
  };
}

function goodBody(): string {
  return composeCallback({ sdkAppId: SDK_APP_ID, pairs: samplePairs(), now: Date.now() }).body;
}

describe('the HTTP contract', () => {
  test('a callback is acknowledged with the three fields and its delivery id, whatever its content type', async () => {
    const response = await send({ query: { RequestId: 'http-1' } });
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /application\/json/);
    assert.equal(response.headers.get('x-delivery-id'), 'http-1');
    assert.deepEqual(await response.json(), OK_BODY);
  });

  test('a duplicate gets the first one’s delivery id', async () => {
    const ids = [];
    for (let index = 0; index < 2; index += 1)
      ids.push((await send({ query: { RequestId: 'http-2' } })).headers.get('x-delivery-id'));
    assert.deepEqual(ids, ['http-2', 'http-2']);
  });

  const other = JSON.stringify({ CallbackCommand: 'Sns.CallbackFriendAdd', PairList: [] });
  const acknowledged: Record<string, Sent> = {
    'a callback of another command': { query: { CallbackCommand: 'Sns.CallbackFriendAdd' }, body: other },
    'a platform to ignore': { query: { OptPlatform: 'restapi' } },
    'the console’s probe': { query: { CallbackCommand: '' }, body: '' },
  };
  for (const [what, sent] of Object.entries(acknowledged)) {
    test(`${what} is answered OK and starts nothing`, async () => {
      const response = await send(sent);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('x-delivery-id'), null);
      assert.deepEqual(await response.json(), OK_BODY);
    });
  }

  const late = String(Math.floor(Date.now() / 1000) - 300);
  const refused: [status: number, what: string, sent: Sent, info: RegExp][] = [
    [404, 'an unknown path', { path: '/elsewhere' }, /path/],
    [405, 'GET', { method: 'GET' }, /POST/],
    [405, 'PUT', { method: 'PUT' }, /POST/],
    [405, 'DELETE', { method: 'DELETE' }, /POST/],
    [403, 'another app', { query: { SdkAppid: '1400000001' } }, /SdkAppid/],
    [400, 'no app', { query: { SdkAppid: '' } }, /SdkAppid/],
    [401, 'a wrong Sign', { query: { Sign: 'f'.repeat(64) } }, /^unauthorized$/],
    [401, 'an old Sign', { query: { Sign: sign(TOKEN, late), RequestTime: late } }, /^unauthorized$/],
    [400, 'a body that is not JSON', { body: '{"CallbackCommand"' }, /JSON/],
    [400, 'two commands', { query: { CallbackCommand: 'Sns.CallbackFriendAdd' } }, /CallbackCommand/],
    [
      400,
      'a broken pair',
      {
        body: JSON.stringify({ CallbackCommand: COMMAND, PairList: [{ From_Account: 'a', To_Account: '' }] }),
      },
      /^PairList\[0\]\.To_Account: /,
    ],
    [413, 'too large a body', { body: Buffer.alloc(MAX_BODY + 1, 32) }, /large/],
  ];
  for (const [status, what, sent, info] of refused) {
    test(`${what} is refused with ${status}`, async () => {
      const response = await send(sent);
      assert.equal(response.status, status);
      const body = (await response.json()) as typeof OK_BODY;
      assert.deepEqual({ ...body, ErrorInfo: '' }, { ActionStatus: 'FAIL', ErrorCode: 1, ErrorInfo: '' });
      assert.match(body.ErrorInfo, info);
    });
  }

  test('a body of exactly MAX_BODY is read', async () => {
    const padded = Buffer.alloc(MAX_BODY, 32);
    padded.write(goodBody());
    assert.equal((await send({ body: padded })).status, 200);
  });

  test('a request that is not HTTP is also answered with the three fields', async () => {
    const answer = await raw('THIS IS NOT HTTP\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.deepEqual(Object.keys(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')), Object.keys(OK_BODY));
  });

  test('given 10,000 bad requests, then none crashes the receiver, and none is answered with 5xx', async () => {
    const statuses = new Map<number, number>();
    const agent = new Agent({ keepAlive: true, maxSockets: 32 });
    const random = seeded(20_261_123);
    await Promise.all(
      Array.from({ length: 32 }, async () => {
        for (let index = 0; index < 313; index += 1) {
          const { status, body } = await post(agent, randomRequest(random));
          assert.deepEqual(Object.keys(body), ['ActionStatus', 'ErrorCode', 'ErrorInfo']);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      }),
    );
    agent.destroy();
    assert.ok(
      [...statuses.keys()].every((status) => status < 500),
      JSON.stringify([...statuses]),
    );
    assert.ok(statuses.size >= 5, `only ${[...statuses.keys()]}`);
    assert.equal((await send({ query: { RequestId: 'still-there' } })).status, 200);
  });

  test('given a receiver that drains, then it still acknowledges callbacks, and closes the connection after the answer', async () => {
    const draining = await startTestReceiver(temporal);
    const url = `${draining.url}/?${new URLSearchParams({ ...goodQuery(), RequestId: 'drained-1' })}`;
    const stopped = draining.receiver.stop({ drain: true });
    const response = await fetch(url, { method: 'POST', body: goodBody() });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('connection'), 'close');
    await stopped;
    await assert.rejects(fetch(url, { method: 'POST', body: goodBody() }));
    await draining.client.connection.close();
  });
});

function randomRequest(random: () => number) {
  const pick = <T>(values: T[]): T => values[Math.floor(random() * values.length)] as T;
  const query = new URLSearchParams(goodQuery());
  for (const name of [
    'SdkAppid',
    'Sign',
    'RequestTime',
    'CallbackCommand',
    'RequestId',
    '\u0000',
    'x'.repeat(200),
  ]) {
    if (random() < 0.15) query.delete(name);
    if (random() < 0.15)
      query.append(name, pick(['', '%', 'ÿ', '-1', '9'.repeat(30), COMMAND, '[]', '__proto__']));
  }
  const length = Math.floor(random() * 60);
  const body = pick([
    Buffer.from(Array.from({ length }, () => Math.floor(random() * 256))),
    Buffer.from(goodBody().slice(0, Math.floor(random() * goodBody().length))),
    Buffer.from('['.repeat(5_000)),
    Buffer.from('{"CallbackCommand":"Sns.CallbackFriendDelete","PairList":{"length":1}}'),
    Buffer.from('{"__proto__":{"PairList":[]},"CallbackCommand":"Sns.CallbackFriendDelete"}'),
    Buffer.from('null'),
    Buffer.alloc(0),
  ]);
  const method = pick(['POST', 'POST', 'POST', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']);
  const path = pick(['/', '/', '/', '/', '/', '//', '/%', '/%E0%A4%A', '/..%2f', '/?']);
  return { method, path: `${path}?${query}`, body };
}

function post(agent: Agent, { method, path, body }: ReturnType<typeof randomRequest>) {
  return new Promise<{ status: number; body: object }>((resolve, reject) => {
    const { hostname, port } = new URL(receiver.url);
    const outgoing = request({ agent, hostname, port, method, path }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          body: JSON.parse(Buffer.concat(chunks).toString()) as object,
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(receiver.url);
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}
