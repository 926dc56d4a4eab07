import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import { BackendError } from '../../../activities/backends/backend.ts';
import { isPublicAddress } from '../../../activities/backends/net/public-addresses.ts';
import { messageNumbers } from '../../../activities/backends/tencent/message-numbers.ts';
import { MessageRate } from '../../../activities/backends/tencent/message-rate.ts';
import { readWebhookSecret } from '../../../activities/backends/webhook/webhook-secret.ts';

const never = new AbortController().signal;

function isUint32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}

test('the numbers of a message are uint32 and depend only on its key, and MsgSeq is never 0', () => {
  fc.assert(
    fc.property(fc.string(), (key) => {
      const numbers = messageNumbers(key);
      assert.deepEqual(messageNumbers(key), numbers);
      assert.ok(isUint32(numbers.msgSeq) && isUint32(numbers.msgRandom) && numbers.msgSeq > 0);
    }),
  );
});

test('different messages have different numbers', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { minLength: 50, maxLength: 500 }), (keys) => {
      const numbers = keys.map((key) => Object.values(messageNumbers(key)).join('/'));
      assert.equal(new Set(numbers).size, keys.length);
    }),
    { numRuns: 20 },
  );
});

test('the numbers of a message never change between versions', () => {
  assert.deepEqual(messageNumbers('1400000000/delivery-1/notifyUsers/alice/1'), {
    msgSeq: 3_866_098_326,
    msgRandom: 2_267_904_051,
  });
});

/** A rate whose clock only moves when the test says so. */
function rateOf(messagesPerSecond: number) {
  let now = 0;
  const rate = new MessageRate(messagesPerSecond, () => now);
  return {
    rate,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test('given a full queue, when another call comes, then it is Busy at once, and retryAfter is not before its turn', async () => {
  const { rate } = rateOf(1_000);
  const cancel = new AbortController();
  setMaxListeners(0, cancel.signal);
  const turns = Array.from({ length: 6_000 }, () => rate.turn(cancel.signal));
  const ends = await Promise.allSettled([turns.at(-1)]);
  const [{ reason } = assert.fail()] = ends as PromiseRejectedResult[];
  assert.ok(reason instanceof BackendError);
  assert.equal(reason.type, 'Busy');
  assert.ok((reason.retryAfter ?? 0) >= 5_000 && (reason.retryAfter ?? 0) < 11_000);
  cancel.abort();
  const refused = (await Promise.allSettled(turns)).filter(
    (turn) => turn.status === 'rejected' && turn.reason instanceof BackendError,
  );
  assert.equal(refused.length, 6_000 - 5_001);
});

test('a cancellation ends the wait for a turn', async () => {
  const { rate } = rateOf(1);
  await rate.turn(never);
  const cancel = new AbortController();
  const turn = rate.turn(cancel.signal);
  cancel.abort();
  await assert.rejects(turn, { name: 'AbortError' });
  await assert.rejects(rate.turn(cancel.signal), { name: 'AbortError' });
});

test('given complaints about calls that were running together, then the rate is halved once', () => {
  const { rate, pass } = rateOf(100);
  for (let complaint = 0; complaint < 10; complaint += 1) rate.slowDown();
  assert.equal(rate.rate, 50);
  pass(1_000);
  rate.slowDown();
  assert.equal(rate.rate, 25);
});

test('the rate never falls to zero, and recovers step by step', () => {
  const { rate, pass } = rateOf(160);
  for (let complaint = 0; complaint < 20; complaint += 1) {
    rate.slowDown();
    pass(1_000);
  }
  assert.equal(rate.rate, 10);
  const rates = [30, 30, 30, 30, 30].map((seconds) => {
    pass(seconds * 1_000);
    return rate.rate;
  });
  assert.deepEqual(rates, [20, 40, 80, 160, 160]);
});

test('addresses of this machine, its networks and its cloud are not public', () => {
  for (const address of [
    ...['127.0.0.1', '127.255.255.255', '0.0.0.0', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ...['169.254.169.254', '169.254.0.23', '100.64.0.1', '100.100.100.200', '168.63.129.16', '192.0.0.192'],
    ...['224.0.0.1', '255.255.255.255', '198.18.0.1', '192.0.2.1'],
    ...[
      '::',
      '::1',
      'fe80::1',
      'fe80::1%eth0',
      'fc00::1',
      'fd00:ec2::254',
      'fec0::1',
      'ff02::1',
      '2001:db8::1',
    ],
    ...[
      '::ffff:127.0.0.1',
      '::ffff:a9fe:a9fe',
      '::ffff:10.0.0.1',
      '64:ff9b::127.0.0.1',
      '64:ff9b::a9fe:a9fe',
    ],
    ...['::ffff:0:127.0.0.1', '2002:7f00:1::', '2001:0:7f00:1::', '64:ff9b:1::1', 'localhost', ''],
    ...['::7f00:1', '::a9fe:a9fe', '::808:808', '64:ff9b:1::7f00:1', '2002:808:808::', '4000::1'],
    ...['2001:4860:4860::5efe:7f00:1', '2001:4860:4860:0:200:5efe:a9fe:a9fe'],
  ]) {
    assert.equal(isPublicAddress(address), false, address);
  }
});

test('other addresses are public', () => {
  const addresses = ['1.1.1.1', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111'];
  for (const address of [...addresses, '::ffff:8.8.8.8', '64:ff9b::8.8.8.8']) {
    assert.equal(isPublicAddress(address), true, address);
  }
});

test('a webhook secret is whsec_ and base64, or text, of 24 to 64 bytes', () => {
  const bytes = (count: number) => Buffer.alloc(count, 7);
  for (const count of [24, 32, 64]) {
    assert.deepEqual(readWebhookSecret(`whsec_${bytes(count).toString('base64')}`), bytes(count));
    assert.deepEqual(readWebhookSecret('k'.repeat(count)), Buffer.alloc(count, 'k'));
  }
  for (const count of [0, 23, 65]) {
    assert.equal(readWebhookSecret(`whsec_${bytes(count).toString('base64')}`), undefined);
    assert.equal(readWebhookSecret('k'.repeat(count)), undefined);
  }
  const base64url = `whsec_${Buffer.alloc(24, 0xff).toString('base64url')}`;
  for (const wrong of [base64url, `whsec_${'='.repeat(40)}`, 'k k'.repeat(10), 'é'.repeat(30)]) {
    assert.equal(readWebhookSecret(wrong), undefined, wrong);
  }
});
