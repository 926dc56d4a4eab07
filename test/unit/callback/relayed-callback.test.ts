import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CallbackToRelay } from '../../../activities/backends/endpoint.ts';
import { relayCallback } from '../../../activities/relay-callback.ts';
import { composeRelayed } from '../../../src/callback/relayed-callback.ts';
import { runnerOf } from '../../support/run-side-effect.ts';

const DELIVERY = { deliveryId: 'delivery-1', sdkAppId: '1400000000', receivedAt: 1 };

async function queryOf(query: string): Promise<string> {
  return (await composeRelayed({ query, contentType: undefined, body: Buffer.from('{}') })).query;
}

for (const [given, kept] of [
  ['SdkAppid=1&Sign=abc&RequestTime=2&ClientIP=::1', 'SdkAppid=1&ClientIP=::1'],
  ['Sign=abc&RequestTime=2', ''],
  ['%53ign=abc&a=1&Request%54ime=2', 'a=1'],
  ['%53%69%67%6e=abc&Request%54%69me=2&a=1', 'a=1'],
  ['a=1&Sign&RequestTime=', 'a=1'],
  ['a=Sign=x&b=RequestTime', 'a=Sign=x&b=RequestTime'],
  ['sign=abc&Signature=1&XSign=2&RequestTimes=3', 'sign=abc&Signature=1&XSign=2&RequestTimes=3'],
  ['', ''],
] as const) {
  test(`Sign and RequestTime are never stored: "${given}" becomes "${kept}"`, async () => {
    assert.equal(await queryOf(given), kept);
  });
}

test('the other parameters are kept byte for byte, whatever their encoding', async () => {
  const odd =
    'a=%E4%BD%A0%e5%A5%BD&b=+%20&c=%&d=%zz&e=\'"{}|^`\\&f&g=;h=1&i=1&i=2&CallbackCommand=Sns.CallbackFriendDelete';
  assert.equal(await queryOf(`Sign=1&${odd}&RequestTime=2`), odd);
});

test('given any query string, then the others of its parameters stay as they are, and no signature is left', async () => {
  const part = fc.stringMatching(/^[!-%'-~]{1,12}$/);
  await fc.assert(
    fc.asyncProperty(fc.array(part), fc.nat(), async (parts, at) => {
      const others = parts.filter((each) => !/^\??(Sign|RequestTime)(=|$)/.test(decode(each)));
      const signed = [...others];
      signed.splice(at % (others.length + 1), 0, 'Sign=1', 'RequestTime=2');
      assert.equal(await queryOf(signed.join('&')), others.join('&'));
    }),
  );
});

function decode(text: string): string {
  return new URLSearchParams(`x=${text.replaceAll('+', '%2B')}`).get('x') ?? '';
}

for (const [what, body, isCompressed] of [
  ['a small body', Buffer.from('{"a":"好"}'), false],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x00, 0xfe, 0x7d]), false],
  ['a body of 1,023 bytes', Buffer.alloc(1_023, '{'), false],
  ['a body of 1,024 bytes', Buffer.alloc(1_024, '{'), true],
  ['a large body that hardly compresses', randomBytes(100_000), true],
] as const) {
  test(`the endpoint gets ${what} byte for byte, with the query and the content type`, async () => {
    const relayed = await composeRelayed({ query: 'a=%zz', contentType: 'text/plain', body });
    assert.equal(relayed.encoding, isCompressed ? 'deflate-raw' : undefined);
    const got: CallbackToRelay[] = [];
    const relay = async (callback: CallbackToRelay) => {
      got.push(callback);
      return 'relayed' as const;
    };
    const endpoint = { relay, check: async () => [], close: async () => {} };
    const outcomes = await runnerOf(relayCallback, { endpoint })({
      delivery: DELIVERY,
      pairs: [],
      // As it comes back from Temporal.
      callback: JSON.parse(JSON.stringify(relayed)),
    });
    assert.deepEqual(outcomes, [{ status: 'done', detail: 'relayed' }]);
    assert.deepEqual(got, [{ deliveryId: 'delivery-1', query: 'a=%zz', contentType: 'text/plain', body }]);
  });
}

/** Pairs of which hardly anything compresses, so many that the body has up to `size` bytes. */
function largestPairs(size: number) {
  const name = () => randomBytes(32).map((byte) => 0x21 + (byte % 94));
  const count = Math.floor((size - 100) / 130);
  return Array.from({ length: count }, () => ({
    from: `${Buffer.from(name())}`,
    to: `${Buffer.from(name())}`,
  }));
}

test('the largest body that RELAY_URL allows takes less than a payload of Temporal, together with its pairs', async () => {
  const size = 1_200 * 1_024;
  const pairs = largestPairs(size);
  const PairList = pairs.map(({ from, to }) => ({ From_Account: from, To_Account: to }));
  const full = Buffer.from(JSON.stringify({ PairList }));
  assert.ok(full.length > 0.75 * size && full.length <= size, String(full.length));
  const random = randomBytes(size);
  for (const input of [
    { pairs, callback: await relayedOf(full) },
    { pairs: [], callback: await relayedOf(random) },
  ]) {
    const bytes = JSON.stringify(input).length * (size / (input.pairs.length > 0 ? full.length : size));
    assert.ok(bytes < 1.95 * 1024 * 1024, String(bytes));
  }
});

function relayedOf(body: Buffer) {
  return composeRelayed({ query: '', contentType: undefined, body });
}
