import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { change, refusal, VALUES } from '../../support/inputs/chart.ts';

const { default: least, hpa } = VALUES as Record<string, Record<string, unknown>>;
const SECRET = 's3cret-value';

/** What is changed in the least values, and what helm says. */
const FAULTS: Record<string, { changes: Record<string, unknown>; says: RegExp[] }> = {
  'no image, no Temporal, no app and no word on the side effects': {
    changes: {
      'image.repository': undefined,
      'temporal.address': undefined,
      settings: {},
    },
    says: [
      /image\.repository: missing/,
      /temporal\.address: missing/,
      /settings\.SDK_APP_ID: missing/,
      /settings\.CACHE_URL: missing; set it to an address or to off/,
      /settings\.SEARCH_URL: missing/,
      /settings\.NOTIFY_URL: missing/,
    ],
  },
  'no callback token': {
    changes: { 'secrets.CALLBACK_TOKEN': undefined },
    says: [/secrets\.CALLBACK_TOKEN: missing.*CALLBACK_AUTH/],
  },
  'a token, and CALLBACK_AUTH off': {
    changes: { 'settings.CALLBACK_AUTH': 'off' },
    says: [/settings\.CALLBACK_AUTH: off contradicts secrets\.CALLBACK_TOKEN/],
  },
  'no secret key for messages': {
    changes: { 'secrets.TENCENT_SECRET_KEY': undefined },
    says: [/secrets\.TENCENT_SECRET_KEY: missing/],
  },
  'no secret key to ask Tencent Chat with': {
    changes: {
      'settings.NOTIFY_URL': 'off',
      'settings.FENCE': 'on',
      'settings.CALLBACK_ALLOW': 'tencent',
      'secrets.TENCENT_SECRET_KEY': undefined,
    },
    says: [/TENCENT_SECRET_KEY: missing; tencent in CALLBACK_ALLOW/, /TENCENT_SECRET_KEY: missing; FENCE/],
  },
  'hashed accounts without a key': {
    changes: { 'settings.INDEX_ACCOUNTS': 'hashed' },
    says: [/settings\.INDEX_ACCOUNTS: hashed needs secrets\.PAYLOAD_KEYS/],
  },
  'no key for the webhook': {
    changes: { 'settings.NOTIFY_URL': 'https://chat.example.com/hook' },
    says: [/secrets\.NOTIFY_SECRET: missing/],
  },
  'a stand-in': {
    changes: { 'settings.CACHE_URL': 'embedded' },
    says: [/settings\.CACHE_URL: the embedded stand-in .* refused in production/],
  },
  'a misspelt setting': {
    changes: { 'settings.CACHE_ULR': 'redis://redis:6379' },
    says: [/\/settings': additional properties 'CACHE_ULR' not allowed/],
  },
  'a value that its setting cannot have': {
    changes: { 'settings.INTAKE': 'both' },
    says: [/\/settings\/INTAKE': value must be one of 'journal', 'direct'/],
  },
  'a misspelt value': {
    changes: { 'receiver.replica': 3 },
    says: [/\/receiver': additional properties 'replica' not allowed/],
  },
  'a secret among the settings': {
    changes: { 'settings.CALLBACK_TOKEN': SECRET },
    says: [/\/settings': additional properties 'CALLBACK_TOKEN' not allowed/],
  },
  'a secret instead of the name of a Secret': {
    changes: { 'secrets.CALLBACK_TOKEN': SECRET },
    says: [/\/secrets\/CALLBACK_TOKEN': got string, want object/],
  },
  'a secret beside the name of a Secret': {
    changes: { 'secrets.PAYLOAD_KEYS': { name: 'keys', value: SECRET } },
    says: [/\/secrets\/PAYLOAD_KEYS': additional properties 'value' not allowed/],
  },
  'a password in an address': {
    changes: { 'settings.SEARCH_URL': `https://user:${SECRET}@search:9200` },
    says: [/settings\.SEARCH_URL: has a user or password in it/],
  },
  'a secret in an environment variable': {
    changes: { extraEnv: [{ name: 'PROXY_PASSWORD', value: SECRET }] },
    says: [/extraEnv: PROXY_PASSWORD looks like a secret/],
  },
  'an environment variable that the chart sets': {
    changes: { 'worker.extraEnv': [{ name: 'DATA_DIR', value: '/data' }] },
    says: [/extraEnv: DATA_DIR is set by the chart/],
  },
  'an address twice': {
    changes: { 'secrets.CACHE_URL': { name: 'cache' } },
    says: [/settings\.CACHE_URL: contradicts secrets\.CACHE_URL/],
  },
  'a journal without a volume': {
    changes: { 'receiver.persistence.enabled': false },
    says: [/receiver\.persistence\.enabled: a receiver with a journal needs a volume/],
  },
  'an Ingress without a host': {
    changes: { 'receiver.ingress.enabled': true },
    says: [/receiver\.ingress\.host: missing/],
  },
  'a codec server without keys': {
    changes: { 'codec.enabled': true },
    says: [/codec\.enabled: needs codec\.origin, secrets\.CODEC_TOKEN and secrets\.PAYLOAD_KEYS/],
  },
  'workers that scale to nothing': {
    changes: { 'worker.autoscaling.type': 'keda', 'worker.autoscaling.minReplicas': 0 },
    says: [/\/worker\/autoscaling\/minReplicas': minimum: got 0, want 1/],
  },
  'more workers at least than at most': {
    changes: { 'worker.autoscaling.minReplicas': 20 },
    says: [/worker\.autoscaling\.minReplicas: expected at most maxReplicas/],
  },
};

describe('the Helm chart refuses', () => {
  for (const [what, { changes, says }] of Object.entries(FAULTS)) {
    test(`${what}, says so, and shows no secret`, () => {
      const said = refusal(change(least ?? {}, changes)) ?? assert.fail('it was taken');
      for (const expected of says) assert.match(said, expected);
      assert.doesNotMatch(said, new RegExp(SECRET));
    });
  }

  test('KEDA where its scaler could not reach Temporal, because it uses TLS only with a client certificate or a key', () => {
    const keda = { 'worker.autoscaling.type': 'keda' };
    assert.match(refusal(change(hpa ?? {}, keda)) ?? '', /use hpa/);
    const apiKey = { 'secrets.TEMPORAL_API_KEY': { name: 'temporal' } };
    assert.match(refusal(change(hpa ?? {}, { ...keda, ...apiKey })) ?? '', /use hpa/);
    assert.equal(refusal(change(hpa ?? {}, { ...keda, ...apiKey, 'temporal.tls.ca': {} })), undefined);
  });

  test('nothing of what the values files of its tests say', () => {
    for (const [name, values] of Object.entries(VALUES)) assert.equal(refusal(values), undefined, name);
  });
});
