import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOf, read } from '../../support/inputs/settings.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const PAYLOAD_KEYS = `k1:${KEY}`;
const SERVED = {
  ...{ SDK_APP_ID: '1400000000', CALLBACK_TOKEN: 'token', DATA_DIR: '/data', NODE_ENV: 'production' },
  ...{ CACHE_URL: 'off', SEARCH_URL: 'off', NOTIFY_URL: 'off', PAYLOAD_KEYS },
};

test('the keys reach everything that connects to Temporal', () => {
  const { temporal, payloadKeys } = read({ PAYLOAD_KEYS: `${PAYLOAD_KEYS}, k0:${KEY}` }, 'operate');
  assert.deepEqual(
    temporal.payloadKeys?.map(({ id }) => id),
    ['k1', 'k0'],
  );
  assert.equal(temporal.payloadKeys, payloadKeys);
});

test('there is no codec server unless CODEC_ORIGIN or CODEC_TOKEN is set', () => {
  assert.equal(read({}, 'operate').codec, undefined);
  assert.equal(read({ PAYLOAD_KEYS }, 'operate').codec, undefined);
  assert.deepEqual(read({ PAYLOAD_KEYS, CODEC_TOKEN: 'secret' }, 'operate').codec, {
    origins: [],
    token: 'secret',
  });
  assert.deepEqual(read({ PAYLOAD_KEYS, CODEC_ORIGIN: 'http://localhost:8233/' }, 'operate').codec, {
    origins: ['http://localhost:8233'],
    token: undefined,
  });
});

test('CODEC_ORIGIN has the form in which browsers write origins, and can be several', () => {
  const several = 'http://127.0.0.1:8233, https://temporal.example.com';
  assert.deepEqual(
    read({ PAYLOAD_KEYS, CODEC_ORIGIN: several }, 'operate').codec?.origins,
    several.split(', '),
  );
  for (const CODEC_ORIGIN of [
    '*',
    'temporal.example.com',
    'https://temporal.example.com/ui',
    'https://Temporal.example.com',
    'https://temporal.example.com:443',
    'ftp://temporal.example.com',
  ]) {
    assert.match(
      faultsOf({ PAYLOAD_KEYS, CODEC_ORIGIN }, 'operate').join(),
      /^CODEC_ORIGIN: expected/,
      CODEC_ORIGIN,
    );
  }
});

test('a codec server without PAYLOAD_KEYS is a fault', () => {
  const faults = faultsOf({ CODEC_ORIGIN: 'http://localhost:8233', CODEC_TOKEN: 'secret' }, 'operate');
  assert.deepEqual(faults, [
    'CODEC_ORIGIN, CODEC_TOKEN: the codec server decrypts with PAYLOAD_KEYS, which is not set',
  ]);
});

for (const role of ['serve', 'work', 'start'] as const) {
  test(`in production, ${role} refuses a codec server without a token`, () => {
    const CODEC_ORIGIN = 'https://temporal.example.com';
    assert.match(faultsOf({ ...SERVED, CODEC_ORIGIN }, role).join(), /^CODEC_TOKEN: missing; /);
    assert.deepEqual(faultsOf({ ...SERVED, CODEC_ORIGIN, CODEC_TOKEN: 'secret' }, role), []);
    assert.deepEqual(faultsOf({ ...SERVED, CODEC_ORIGIN, NODE_ENV: 'staging' }, role), []);
  });
}

test('the demo encrypts nothing, whatever is set for others', () => {
  const settings = read(
    { PAYLOAD_KEYS: 'nonsense', CODEC_ORIGIN: 'nonsense', CODEC_TOKEN: 'secret' },
    'demo',
  );
  assert.deepEqual(
    [settings.temporal.payloadKeys, settings.codec, settings.indexAccounts],
    [[], undefined, 'on'],
  );
});

test('no fault repeats a key or a token', () => {
  const faults = faultsOf({ PAYLOAD_KEYS: `k1:${KEY}x`, CODEC_TOKEN: 'not printable: ä' }, 'operate');
  assert.equal(faults.length, 2);
  assert.doesNotMatch(faults.join(), /BwcH|not printable/);
});
