import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { BackendError } from '../../../activities/backends/backend.ts';
import { RelayEndpoint } from '../../../activities/backends/relay/relay-endpoint.ts';
import { readSettings } from '../../../src/config/settings.ts';
import { createBackends } from '../../../src/service/backends.ts';
import { WebhookEndpoint } from '../../support/doubles/webhook-endpoint.ts';
import { EMBEDDED } from '../../support/inputs/embedded.ts';

const NEVER = new AbortController().signal;
const MB = 1024 * 1024;
const APP_QUERY = 'SdkAppid=1400000000';
const CALLBACK = {
  deliveryId: 'delivery-1',
  query: 'SdkAppid=1400000000&c=%zz',
  body: Buffer.from('{"CallbackCommand":"State.StateChange"}'),
  contentType: 'application/json; charset=utf-8',
};

let server: WebhookEndpoint;
let endpoint: RelayEndpoint;

beforeEach(async () => {
  server = await WebhookEndpoint.start();
  endpoint = endpointAt(`http://127.0.0.1:${server.port}/callbacks?key=s3cr3t`);
});

afterEach(async () => {
  mock.timers.reset();
  await endpoint.close();
  await server.close();
});

function endpointAt(url: string): RelayEndpoint {
  return new RelayEndpoint({ url, appQuery: APP_QUERY, sign: () => 'Sign=fresh&RequestTime=1' });
}

function answerNext(status: number, body: string | Buffer, headers: Record<string, string> = {}): void {
  server.answers.push((response: ServerResponse) => response.writeHead(status, headers).end(body));
}

async function failureOf(run: Promise<unknown> = endpoint.relay(CALLBACK, NEVER)): Promise<BackendError> {
  const error = await run.then(
    () => assert.fail('it was taken'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof BackendError, String(error));
  for (const secret of ['s3cr3t', '/callbacks', 'fresh']) assert.ok(!error.message.includes(secret));
  return error;
}

describe('what the endpoint gets', () => {
  test('its own parameters first, then those of the callback, then a fresh signature; body and content type as they came', async () => {
    assert.equal(await endpoint.relay(CALLBACK, NEVER), 'relayed');
    const [{ path, headers, body } = assert.fail()] = server.posted;
    assert.equal(path, '/callbacks?key=s3cr3t&SdkAppid=1400000000&c=%zz&Sign=fresh&RequestTime=1');
    assert.equal(body, CALLBACK.body.toString());
    assert.equal(headers['content-type'], CALLBACK.contentType);
    assert.equal(headers['x-unfriend-delivery-id'], 'delivery-1');
    assert.equal(headers['x-unfriend-relay'], '1');
  });

  test('of an app without a token no signature, and without a content type none', async () => {
    await endpoint.close();
    endpoint = new RelayEndpoint({ url: `http://127.0.0.1:${server.port}`, appQuery: '', sign: () => '' });
    await endpoint.relay({ ...CALLBACK, contentType: undefined }, NEVER);
    const [{ path, headers } = assert.fail()] = server.posted;
    assert.deepEqual([path, headers['content-type']], ['/?SdkAppid=1400000000&c=%zz', undefined]);
  });

  test('each try is signed at its own time, with the first token', async () => {
    mock.timers.enable({ apis: ['Date'], now: 1_669_872_112_000 });
    const { backends, close } = await createBackends(
      readSettings(
        {
          ...EMBEDDED,
          SDK_APP_ID: '1400000000',
          // The vendor's own example of a signature.
          CALLBACK_TOKEN: 'xxxxyyyy,old',
          RELAY_URL: `http://127.0.0.1:${server.port}/`,
        },
        'work',
      ),
    );
    await backends.endpoint?.relay({ ...CALLBACK, query: 'a=1' }, NEVER);
    mock.timers.tick(90_000);
    await backends.endpoint?.relay({ ...CALLBACK, query: 'a=1' }, NEVER);
    await close();
    const [first, second] = server.posted.map(({ path }) => new URLSearchParams(path.slice(2)));
    assert.equal(first?.get('RequestTime'), '1669872112');
    assert.equal(first?.get('Sign'), '17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061');
    assert.equal(second?.get('RequestTime'), '1669872202');
    assert.notEqual(second?.get('Sign'), first?.get('Sign'));
  });
});

describe('done', () => {
  for (const [what, status, body] of [
    ['ErrorCode 0', 200, '{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}'],
    ['no ErrorCode', 200, '{"ok":true}'],
    ['ErrorCode null', 200, '{"ErrorCode":null}'],
    ['ErrorCode 0 as text', 200, '{"ErrorCode":"0"}'],
    ['no JSON', 200, 'thanks'],
    ['JSON that is no object', 200, 'null'],
    ['nothing', 204, ''],
    ['HTTP 202', 202, '{"ErrorCode":0}'],
    ['more than 1 MB', 200, Buffer.alloc(MB + 1, ' ')],
  ] as const) {
    test(`given an answer of ${what}, then the callback is relayed`, async () => {
      answerNext(status, body);
      assert.equal(await endpoint.relay(CALLBACK, NEVER), 'relayed');
    });
  }
});

describe('not done', () => {
  for (const [what, status, body, type, message] of [
    ['ErrorCode 1', 200, '{"ErrorCode":1}', 'ServerError', 'answered ErrorCode 1'],
    ['ErrorCode 120001', 200, '{"ErrorCode":120001}', 'ServerError', 'answered ErrorCode 120001'],
    [
      'a long ErrorCode',
      200,
      `{"ErrorCode":"${'x'.repeat(99)}"}`,
      'ServerError',
      `answered ErrorCode ${'x'.repeat(20)}`,
    ],
    ['HTTP 408', 408, '', 'ServerError', 'answered HTTP 408'],
    ['HTTP 429', 429, '', 'Busy', 'answered HTTP 429'],
    ['HTTP 500 with more than 1 MB', 500, ' '.repeat(1_100_000), 'ServerError', 'answered HTTP 500'],
    ['HTTP 500', 500, '{"ErrorCode":0}', 'ServerError', 'answered HTTP 500'],
    ['HTTP 503', 503, '', 'ServerError', 'answered HTTP 503'],
  ] as const) {
    test(`given ${what}, then it is retried`, async () => {
      answerNext(status, body);
      const failure = await failureOf();
      assert.deepEqual([failure.type, failure.retryable], [type, true]);
      assert.equal(failure.message, `the endpoint at 127.0.0.1:${server.port} ${message}`);
    });
  }

  for (const [what, status, type, message] of [
    ['HTTP 400', 400, 'Rejected', /answered HTTP 400$/],
    ['HTTP 401', 401, 'Unauthorized', /answered HTTP 401$/],
    ['HTTP 403', 403, 'Unauthorized', /answered HTTP 403$/],
    ['HTTP 404', 404, 'Rejected', /answered HTTP 404$/],
    [
      'a redirect',
      302,
      'Rejected',
      /answered HTTP 302: redirects are not followed, set RELAY_URL to the target/,
    ],
    ['HTTP 304', 304, 'Rejected', /answered HTTP 304/],
  ] as const) {
    test(`given ${what}, then it waits for a person`, async () => {
      answerNext(status, '', { location: `http://127.0.0.1:${server.port}/elsewhere` });
      const failure = await failureOf();
      assert.deepEqual([failure.type, failure.retryable], [type, false]);
      assert.match(failure.message, message);
      assert.equal(server.posted.length, 1, 'no redirect is followed');
    });
  }

  test('given Retry-After, then that long', async () => {
    for (const [status, wait] of [
      [429, '90'],
      [503, '7'],
    ] as const) {
      answerNext(status, '', { 'retry-after': wait });
      const { type, retryAfter } = await failureOf();
      assert.deepEqual([type, retryAfter], ['Busy', Number(wait) * 1_000]);
    }
  });

  test('given no endpoint, then it is retried', async () => {
    await server.close();
    const failure = await failureOf();
    assert.deepEqual([failure.type, failure.retryable], ['Unreachable', true]);
    assert.match(failure.message, /no answer \(ECONNREFUSED\)$/);
    server = await WebhookEndpoint.start();
  });

  test('given a connection that is closed without an answer, then it is retried', async () => {
    server.answers.push((response) => response.socket?.destroy());
    const failure = await failureOf();
    assert.deepEqual([failure.type, failure.retryable], ['Unreachable', true]);
  });

  test('given an answer that breaks off, then it is retried', async () => {
    server.answers.push((response) => {
      response
        .writeHead(200, { 'content-length': '100' })
        .write('{"ErrorCode":0', () => response.socket?.destroy());
    });
    assert.deepEqual([(await failureOf()).type], ['Unreachable']);
  });

  test('given Unfriend itself, then it waits for a person, who is told what to set', async () => {
    answerNext(508, '{}', { 'x-unfriend-relay': 'refused' });
    const failure = await failureOf();
    assert.deepEqual([failure.type, failure.retryable], ['Rejected', false]);
    assert.match(failure.message, /is Unfriend itself: set RELAY_URL to the URL of the app’s own endpoint$/);
  });

  test('given a cancellation, then it ends with the reason', async () => {
    const cancel = new AbortController();
    server.answers.push(() => cancel.abort(new Error('stopping')));
    await assert.rejects(endpoint.relay(CALLBACK, cancel.signal), { message: 'stopping' });
  });
});

describe('check', () => {
  test('posts the probe of the console, which has no body', async () => {
    answerNext(200, '{}');
    const [finding] = await endpoint.check();
    assert.equal(finding?.state, 'ok');
    const [{ path, body } = assert.fail()] = server.posted;
    assert.deepEqual([path, body], [`/callbacks?key=s3cr3t&${APP_QUERY}&Sign=fresh&RequestTime=1`, '']);
  });

  for (const [what, status, headers, state, message] of [
    [
      'an endpoint that takes no probe',
      400,
      {},
      'warning',
      /answered a probe with HTTP 400; a probe is a POST without a/,
    ],
    [
      'Unfriend itself',
      508,
      { 'x-unfriend-relay': 'refused' },
      'fault',
      /is Unfriend itself; set RELAY_URL to the URL of/,
    ],
    ['another HTTP 508', 508, {}, 'warning', /answered a probe with HTTP 508/],
  ] as const) {
    test(`given ${what}, then it says so`, async () => {
      answerNext(status, '', headers);
      const [finding] = await endpoint.check();
      assert.equal(finding?.state, state);
      assert.match(finding?.message ?? '', message);
    });
  }

  test('given no endpoint, then it is a fault', async () => {
    await server.close();
    const [finding] = await endpoint.check();
    assert.equal(finding?.state, 'fault');
    assert.match(finding?.message ?? '', /: no answer \(ECONNREFUSED\); check RELAY_URL$/);
    server = await WebhookEndpoint.start();
  });
});
