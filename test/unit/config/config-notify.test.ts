import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TencentChat } from '../../../activities/backends/tencent/tencent-chat.ts';
import { WebhookMessenger } from '../../../activities/backends/webhook/webhook.ts';
import { createPlan } from '../../../src/config/plan.ts';
import type { Environment, Role } from '../../../src/config/settings.ts';
import { createBackends } from '../../../src/service/backends.ts';
import { faultsOf, read } from '../../support/inputs/settings.ts';

const APP = { SDK_APP_ID: '1400000000' };
const TENCENT = { ...APP, NOTIFY_URL: 'tencent:', TENCENT_SECRET_KEY: 's3cr3t' };
const SECRET = `whsec_${Buffer.from('s3cr3t'.repeat(4)).toString('base64')}`;
const WEBHOOK = { ...APP, NOTIFY_URL: 'https://endpoint.example/hooks', NOTIFY_SECRET: SECRET };
const PRODUCTION = { NODE_ENV: 'production', DATA_DIR: '/data', CALLBACK_TOKEN: 'token' };
const OFF = { CACHE_URL: 'off', SEARCH_URL: 'off' };

/** The names of the settings at fault. */
function faulty(environment: Environment, role: Role): string[] {
  return faultsOf(environment, role).map((fault) => fault.split(': ')[0] ?? '');
}

test('the defaults of Tencent Chat are those of the contract', () => {
  assert.deepEqual(read({}, 'operate').tencent, {
    url: 'https://console.tim.qq.com',
    admin: 'administrator',
    secretKey: undefined,
    rate: 100,
  });
});

test('NOTIFY_URL selects the messenger of a worker', async () => {
  for (const [environment, kind] of [
    [TENCENT, TencentChat],
    [WEBHOOK, WebhookMessenger],
  ] as const) {
    for (const role of ['work', 'start'] as const) {
      const settings = read(environment, role);
      const { messenger } = createBackends(settings).backends;
      assert.ok(messenger instanceof kind);
      await messenger.close();
      assert.ok(createPlan(settings).sideEffects.some(({ name }) => name === 'notifyUsers'));
    }
  }
  assert.equal(createBackends(read({ ...APP, NOTIFY_URL: 'off' }, 'work')).backends.messenger, null);
});

test('NOTIFY_URL is tencent: or an address without credentials', () => {
  for (const NOTIFY_URL of ['tencent', 'tencent:x', 'ftp://host', 'host', 'https://', 'on']) {
    assert.match(faultsOf({ NOTIFY_URL }, 'operate').join(), /^NOTIFY_URL: expected tencent: or https:/);
  }
  const [fault = ''] = faultsOf({ NOTIFY_URL: 'https://u:s3cr3t@host/' }, 'operate');
  assert.match(fault, /^NOTIFY_URL: expected an address without credentials/);
  assert.doesNotMatch(fault, /s3cr3t/);
});

test('a process that sends messages needs the secret of the messenger that NOTIFY_URL selects', () => {
  for (const role of ['work', 'start'] as const) {
    assert.deepEqual(faulty({ ...TENCENT, TENCENT_SECRET_KEY: '' }, role), ['TENCENT_SECRET_KEY']);
    assert.deepEqual(faulty({ ...WEBHOOK, NOTIFY_SECRET: '' }, role), ['NOTIFY_SECRET']);
    assert.deepEqual(faulty({ ...TENCENT, SDK_APP_ID: '' }, role), ['SDK_APP_ID']);
    assert.deepEqual(faulty({ ...WEBHOOK, TENCENT_SECRET_KEY: '' }, role), []);
    assert.deepEqual(faulty({ ...TENCENT, NOTIFY_SECRET: '' }, role), []);
  }
});

test('a receiver without a worker starts without those secrets, and still plans the messages', () => {
  for (const NOTIFY_URL of ['tencent:', 'https://endpoint.example/', 'http://10.0.0.1/']) {
    const settings = read({ ...PRODUCTION, ...APP, NOTIFY_URL }, 'serve');
    assert.equal(createBackends(settings).backends.messenger, null);
    assert.ok(createPlan(settings).sideEffects.some(({ name }) => name === 'notifyUsers'));
  }
});

test('the demo uses the embedded backends, even if other backends are set', () => {
  const set = { NOTIFY_URL: 'tencent:', NOTIFY_SECRET: 'x', TENCENT_RATE: 'x', TENCENT_DOMAIN: ':' };
  assert.equal(read(set, 'demo').notify.url, 'embedded');
});

test('in production messages are sent over TLS, unless the webhook endpoint is on a private network', () => {
  const plain = { ...WEBHOOK, ...PRODUCTION, ...OFF, NOTIFY_URL: 'http://endpoint.internal/' };
  for (const role of ['work', 'start'] as const) {
    assert.deepEqual(faulty(plain, role), ['NOTIFY_URL']);
    assert.deepEqual(faulty({ ...plain, NOTIFY_ALLOW_PRIVATE: 'on' }, role), []);
    assert.deepEqual(faulty({ ...plain, NODE_ENV: 'test' }, role), []);
    const tencent = { ...TENCENT, ...PRODUCTION, ...OFF, TENCENT_DOMAIN: 'http://127.0.0.1:1' };
    assert.deepEqual(faulty(tencent, role), ['TENCENT_DOMAIN']);
    assert.equal(read({ ...tencent, NODE_ENV: 'test' }, role).tencent.url, 'http://127.0.0.1:1');
  }
});

test('TENCENT_DOMAIN is a host name', () => {
  for (const TENCENT_DOMAIN of ['console.tim.qq.com', 'adminapisgp.im.qcloud.com', 'localhost:8443']) {
    assert.equal(read({ TENCENT_DOMAIN }, 'operate').tencent.url, `https://${TENCENT_DOMAIN}`);
  }
  for (const TENCENT_DOMAIN of [
    'https://console.tim.qq.com',
    'console.tim.qq.com/v4',
    'a b',
    '.',
    'u@host',
  ]) {
    assert.match(faultsOf({ TENCENT_DOMAIN }, 'operate').join(), /^TENCENT_DOMAIN: expected a host name/);
  }
});

test('TENCENT_RATE is a whole number, TENCENT_ADMIN a UserID', () => {
  assert.equal(read({ TENCENT_RATE: '200' }, 'operate').tencent.rate, 200);
  for (const TENCENT_RATE of ['0', '-1', '1.5', 'fast', '100/s', '100000']) {
    assert.match(faultsOf({ TENCENT_RATE }, 'operate').join(), /^TENCENT_RATE: expected messages a second/);
  }
  assert.equal(read({ TENCENT_ADMIN: '@RBT#001' }, 'operate').tencent.admin, '@RBT#001');
  for (const TENCENT_ADMIN of ['a'.repeat(33), 'é']) {
    assert.match(faultsOf({ TENCENT_ADMIN }, 'operate').join(), /^TENCENT_ADMIN: expected the UserID/);
  }
});

test('no fault repeats a secret', () => {
  const faults = [
    ...faultsOf({ NOTIFY_SECRET: 's3cr3t', TENCENT_SECRET_KEY: 's3cr3t s3cr3t' }, 'operate'),
    ...faultsOf({ ...TENCENT, CALLBACK_TOKEN: 's3cr3t' }, 'work'),
    ...faultsOf({ ...WEBHOOK, NOTIFY_SECRET: 'whsec_s3cr3t' }, 'work'),
  ];
  const names = faults.map((fault) => fault.split(': ')[0]);
  assert.deepEqual(names, ['NOTIFY_SECRET', 'TENCENT_SECRET_KEY', 'TENCENT_SECRET_KEY', 'NOTIFY_SECRET']);
  assert.doesNotMatch(faults.join(), /s3cr3t/);
});
