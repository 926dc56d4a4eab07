import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { BackendError } from '../../../activities/backends/backend.ts';
import type { Lookup } from '../../../activities/backends/net/public-addresses.ts';
import { WebhookMessenger, type WebhookOptions } from '../../../activities/backends/webhook/webhook.ts';
import { WebhookEndpoint } from '../../support/doubles/webhook-endpoint.ts';
import { messageOf, sendingOf } from '../../support/inputs/messages.ts';

const KEY = '1400000000/delivery-1/notifyUsers/%40RBT%23001/1';
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr';
const RAW_SECRET = "a text of one's own".replaceAll(' ', '-').padEnd(24, '!');

let endpoint: WebhookEndpoint;
let messenger: WebhookMessenger;

beforeEach(async () => {
  endpoint = await WebhookEndpoint.start();
  messenger = messengerOf();
});

afterEach(async () => {
  mock.timers.reset();
  await messenger.close();
  await endpoint.close();
});

function messengerOf(options: Partial<WebhookOptions> = {}): WebhookMessenger {
  const url = `http://127.0.0.1:${endpoint.port}/hooks?token=t0ken`;
  return new WebhookMessenger({ url, secret: SECRET, allowPrivate: true, ...options });
}

async function replaceMessenger(options: Partial<WebhookOptions>): Promise<void> {
  await messenger.close();
  messenger = messengerOf(options);
}

async function failureOf(sent = sendingOf(messenger, KEY)): Promise<BackendError> {
  const error = await sent.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof BackendError, String(error));
  for (const secret of ['alice', 't0ken', '/hooks', SECRET]) {
    assert.ok(!error.message.includes(secret), error.message);
  }
  return error;
}

/** Every name leads to these addresses, one after the other. */
function resolvingTo(...addresses: string[][]): Lookup {
  return (_name, _options, callback) => {
    const next = addresses.length > 1 ? addresses.shift() : addresses[0];
    const found = next?.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    callback(null, found ?? []);
  };
}

for (const [what, secret, verifier] of [
  ['a whsec_ secret', SECRET, new Webhook(SECRET)],
  ['a raw secret', RAW_SECRET, new Webhook(RAW_SECRET, { format: 'raw' })],
] as const) {
  test(`given ${what}, then the library of Standard Webhooks verifies what is posted`, async () => {
    await replaceMessenger({ secret });
    assert.equal(await sendingOf(messenger, KEY), 'sent');
    const [{ body, headers, path } = assert.fail()] = endpoint.posted;
    assert.deepEqual(verifier.verify(body, headers as Record<string, string>), messageOf());
    assert.equal(body, JSON.stringify(messageOf()));
    assert.deepEqual([path, headers['content-type']], ['/hooks?token=t0ken', 'application/json']);
    assert.throws(() => verifier.verify(`${body} `, headers as Record<string, string>));
  });
}

test('given a failed post, when it is tried again, then id and bytes are the same, and the time is that of the try', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() });
  endpoint.next(500);
  await failureOf();
  mock.timers.tick(90_000);
  await sendingOf(messenger, KEY);
  const [first = assert.fail(), second = assert.fail()] = endpoint.posted;
  assert.equal(second.body, first.body);
  assert.equal(second.headers['webhook-id'], first.headers['webhook-id']);
  const times = [first, second].map(({ headers }) => Number(headers['webhook-timestamp']));
  assert.equal((times[1] ?? 0) - (times[0] ?? 0), 90);
  new Webhook(SECRET).verify(second.body, second.headers as Record<string, string>);
});

test('the id is the idempotency key, without full stops, which part what is signed', async () => {
  await sendingOf(messenger, KEY);
  await sendingOf(messenger, '1400000000/v1.2/notifyUsers/a.b%252Ec/1');
  assert.deepEqual(
    endpoint.posted.map(({ headers }) => headers['webhook-id']),
    [KEY, '1400000000/v1%2E2/notifyUsers/a%2Eb%252Ec/1'],
  );
});

for (const [status, type] of [
  [400, 'Rejected'],
  [401, 'Unauthorized'],
  [403, 'Unauthorized'],
  [404, 'Rejected'],
  [408, 'ServerError'],
  [410, 'Rejected'],
  [413, 'Rejected'],
  [429, 'Busy'],
  [500, 'ServerError'],
  [502, 'ServerError'],
  [503, 'ServerError'],
  [504, 'ServerError'],
] as const) {
  test(`HTTP ${status} is ${type}`, async () => {
    endpoint.next(status);
    const failure = await failureOf();
    assert.equal(failure.type, type);
    assert.match(failure.message, new RegExp(`answered HTTP ${status}`));
  });
}

for (const status of [200, 201, 202, 204, 299]) {
  test(`HTTP ${status} is sent`, async () => {
    endpoint.next(status);
    assert.equal(await sendingOf(messenger, KEY), 'sent');
  });
}

for (const status of [301, 302, 303, 307, 308]) {
  test(`a redirect (${status}) is not followed and says what to do`, async () => {
    endpoint.next(status, { location: `http://127.0.0.1:${endpoint.port}/secret` });
    const failure = await failureOf();
    assert.equal(failure.type, 'Rejected');
    assert.match(failure.message, /redirects are not followed, set NOTIFY_URL/);
    assert.equal(endpoint.posted.length, 1);
  });
}

for (const [status, header, expected] of [
  [429, '7', 7_000],
  [503, '120', 120_000],
  [500, '7', 7_000],
  [429, '86400', 3_600_000],
  [429, 'Wed, 21 Oct 2099 07:28:00 GMT', 3_600_000],
  [429, 'Wed, 21 Oct 2015 07:28:00 GMT', undefined],
  [429, '0', undefined],
  [429, 'soon', undefined],
  [410, '7', undefined],
] as const) {
  test(`HTTP ${status} with Retry-After: ${header} is tried again after ${expected ?? 'the usual time'}`, async () => {
    endpoint.next(status, { 'retry-after': header });
    assert.equal((await failureOf()).retryAfter, expected);
  });
}

test('Retry-After as a date counts from now', async () => {
  const at = new Date(Date.now() + 60_000).toUTCString();
  endpoint.next(503, { 'retry-after': at });
  const { type, retryAfter = 0 } = await failureOf();
  assert.equal(type, 'Busy');
  assert.ok(retryAfter > 55_000 && retryAfter <= 60_000, `${retryAfter} ms`);
});

test('an endpoint that does not answer is Unreachable after 10 s', async () => {
  endpoint.answers.push(() => undefined);
  const startedAt = performance.now();
  const failure = await failureOf();
  const waited = performance.now() - startedAt;
  assert.deepEqual([failure.type, failure.message.includes('no answer in time')], ['Unreachable', true]);
  assert.ok(waited > 9_000 && waited < 13_000, `${waited} ms`);
});

test('given more messages than connections and a slow endpoint, then each gets its 10 s from when it is posted, and is posted once', async () => {
  const slow = (response: ServerResponse) => setTimeout(() => response.writeHead(204).end(), 6_000);
  const keys = Array.from({ length: 64 }, (_, number) => `${KEY}${number}`);
  endpoint.answers.push(...keys.map(() => slow));
  const outcomes = await Promise.all(keys.map((key) => sendingOf(messenger, key)));
  assert.deepEqual(new Set(outcomes), new Set(['sent']));
  const ids = endpoint.posted.map(({ headers }) => headers['webhook-id']);
  assert.deepEqual([ids.length, new Set(ids).size], [64, 64]);
  assert.ok(endpoint.connections <= 32);
});

test('given an endpoint that takes nothing, then what waits for a connection longer than 10 s is Busy, and was never posted', async () => {
  endpoint.answers.push(...Array.from({ length: 40 }, () => () => undefined));
  const failures = await Promise.all(
    Array.from({ length: 40 }, (_, number) => failureOf(sendingOf(messenger, `${KEY}${number}`))),
  );
  const types = failures.map(({ type }) => type).sort();
  assert.deepEqual(types, [...Array(8).fill('Busy'), ...Array(32).fill('Unreachable')]);
  assert.equal(endpoint.posted.length, 32);
  endpoint.answers.length = 0;
  assert.equal(await sendingOf(messenger, KEY), 'sent');
});

test('an answer without an end is sent all the same, soon', async () => {
  endpoint.answers.push((response) => response.writeHead(200).write('and so on'));
  const startedAt = performance.now();
  assert.equal(await sendingOf(messenger, KEY), 'sent');
  assert.ok(performance.now() - startedAt < 4_000);
  endpoint.answers.push((response) => response.writeHead(200).end(Buffer.alloc(50_000_000)));
  assert.equal(await sendingOf(messenger, KEY), 'sent');
  assert.equal(await sendingOf(messenger, KEY), 'sent');
});

test('given nobody listens, then it is Unreachable and says why', async () => {
  await endpoint.close();
  const failure = await failureOf();
  assert.equal(failure.type, 'Unreachable');
  assert.match(failure.message, /ECONNREFUSED/);
});

test('a cancelled call ends at once, with the reason of the cancellation', async () => {
  endpoint.answers.push(() => undefined);
  const cancel = new AbortController();
  const sent = sendingOf(messenger, KEY, cancel.signal);
  const reason = new Error('cancelled');
  cancel.abort(reason);
  await assert.rejects(sent, reason);
});

for (const host of [
  '127.0.0.1',
  'localhost',
  '0x7f.1',
  '2130706433',
  '[::ffff:127.0.0.1]',
  '[::1]',
  '0.0.0.0',
]) {
  test(`given no leave to, then nothing is sent to ${host}`, async () => {
    await replaceMessenger({ url: `http://${host}:${endpoint.port}/`, allowPrivate: false });
    const failure = await failureOf();
    assert.equal(failure.type, 'Rejected');
    assert.match(failure.message, /not public: set NOTIFY_ALLOW_PRIVATE=on/);
    const [finding] = await messenger.check();
    assert.deepEqual([finding?.state, endpoint.connections], ['fault', 0]);
  });
}

test('given a public name that leads to private addresses, then nothing is sent', async () => {
  const url = `http://endpoint.test:${endpoint.port}/`;
  const lookup = resolvingTo(['127.0.0.1', '10.0.0.1', '::1', '::ffff:127.0.0.1', 'fd00:ec2::254']);
  await replaceMessenger({ url, lookup, allowPrivate: false });
  assert.equal((await failureOf()).type, 'Rejected');
  assert.equal(endpoint.connections, 0);
});

test('given a name that leads to another address later (DNS rebinding), then each connection is judged anew', async () => {
  const url = `http://endpoint.test:${endpoint.port}/`;
  const lookup = resolvingTo(['127.0.0.1'], ['127.0.0.2']);
  const isAllowed = (address: string) => address === '127.0.0.1';
  await replaceMessenger({ url, lookup, isAllowed, allowPrivate: false });
  endpoint.next(200, { connection: 'close' });
  assert.equal(await sendingOf(messenger, KEY), 'sent');
  assert.equal((await failureOf()).type, 'Rejected');
  assert.equal(endpoint.connections, 1);
});

test('given a name with allowed and other addresses, then only the allowed ones are connected to', async () => {
  const url = `http://endpoint.test:${endpoint.port}/`;
  const isAllowed = (address: string) => address === '127.0.0.2';
  await replaceMessenger({
    url,
    lookup: resolvingTo(['127.0.0.1', '127.0.0.2']),
    isAllowed,
    allowPrivate: false,
  });
  assert.equal(await sendingOf(messenger, KEY), 'sent');
  assert.match(endpoint.posted[0]?.headers.host ?? '', /^endpoint\.test:/);
});

test('check connects, and posts nothing', async () => {
  const [finding, ...more] = await messenger.check();
  assert.deepEqual([finding?.state, more], ['warning', []]);
  assert.match(finding?.message ?? '', /is there.*unencrypted/);
  assert.deepEqual([endpoint.connections, endpoint.posted.length], [1, 0]);
  await endpoint.close();
  const [away] = await messenger.check();
  assert.equal(away?.state, 'fault');
  assert.match(away?.message ?? '', /ECONNREFUSED.*check NOTIFY_URL/);
});

test('a secret that is none is refused', () => {
  for (const secret of ['', 'short', 'whsec_', 'whsec_c2hvcnQ=', 'whsec_!!!!']) {
    assert.throws(() => messengerOf({ secret }), TypeError);
  }
});
