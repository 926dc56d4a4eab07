import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TencentChat } from '../../../activities/backends/tencent/tencent-chat.ts';
import { WebhookMessenger } from '../../../activities/backends/webhook/webhook.ts';
import { notifyBackend } from '../../../activities/notify-backend.ts';
import { notifyUsers } from '../../../activities/notify-users.ts';
import { createPlan } from '../../../src/config/plan.ts';
import type { Environment, Role, Settings } from '../../../src/config/settings.ts';
import { createBackends } from '../../../src/service/backends.ts';
import { faultsOf, read } from '../../support/inputs/settings.ts';

const APP = { SDK_APP_ID: '1400000000' };
const TENCENT = { ...APP, NOTIFY_URL: 'tencent:', TENCENT_SECRET_KEY: 's3cr3t' };
const SECRET = `whsec_${Buffer.from('s3cr3t'.repeat(4)).toString('base64')}`;
const WEBHOOK = { ...APP, NOTIFY_URL: 'https://endpoint.example/hooks', NOTIFY_SECRET: SECRET };
const BOTH = { ...TENCENT, ...WEBHOOK, NOTIFY_URL: 'tencent:,https://endpoint.example/hooks' };
const PRODUCTION = { NODE_ENV: 'production', DATA_DIR: '/data', CALLBACK_TOKEN: 'token' };
const OFF = { CACHE_URL: 'off', SEARCH_URL: 'off' };

function planned(settings: Settings): string[] {
  return createPlan(settings).sideEffects.map(({ name }) => name);
}

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
      const { backends, close } = await createBackends(settings);
      assert.ok(backends.messenger instanceof kind);
      assert.equal(backends.backendWebhook, null);
      await close();
      assert.deepEqual(planned(settings), ['clearCaches', 'updateSearchIndex', 'notifyUsers']);
    }
  }
  const off = read({ ...APP, NOTIFY_URL: 'off' }, 'work');
  assert.equal((await createBackends(off)).backends.messenger, null);
  assert.deepEqual(planned(off), ['clearCaches', 'updateSearchIndex']);
});

test('given two destinations, in any order, then notifyUsers has Tencent Chat and notifyBackend the webhook', async () => {
  const address = 'https://endpoint.example/hooks';
  for (const NOTIFY_URL of [`tencent:,${address}`, `${address}, tencent:`, `${address},tencent:,`]) {
    const settings = read({ ...BOTH, NOTIFY_URL }, 'work');
    assert.deepEqual([settings.notify.users, settings.notify.backend], ['tencent:', address]);
    const { backends, bySetting, close } = await createBackends(settings);
    assert.ok(backends.messenger instanceof TencentChat);
    assert.ok(backends.backendWebhook instanceof WebhookMessenger);
    assert.deepEqual(bySetting.get('NOTIFY_URL'), [backends.messenger, backends.backendWebhook]);
    await close();
    const names = ['clearCaches', 'updateSearchIndex', 'notifyUsers', 'notifyBackend'];
    assert.deepEqual(planned(settings), names);
    assert.deepEqual(planned(read({ ...APP, NOTIFY_URL }, 'serve')), names);
  }
});

test('NOTIFY_URL is at most one tencent: and one webhook; embedded and off stand alone', () => {
  const [one, other] = ['https://endpoint.example/?key=s3cr3t', 'https://other.example/'];
  for (const [NOTIFY_URL, expected] of [
    [`${one},${other}`, 'expected at most one webhook'],
    [`${one},${one}`, 'expected at most one webhook'],
    [`tencent:,${one},${other}`, 'expected at most one webhook'],
    ['tencent:,tencent:', 'expected tencent: at most once'],
    [`tencent:,${one},tencent:`, 'expected tencent: at most once'],
    ['tencent:,off', 'expected off alone, or only the other destinations'],
    [`embedded,${one}`, 'expected embedded alone, or only the other destinations'],
    ['off,off', 'expected off alone, or only the other destinations'],
  ] as const) {
    assert.deepEqual(faultsOf({ NOTIFY_URL }, 'operate'), [`NOTIFY_URL: ${expected}`], NOTIFY_URL);
  }
  for (const NOTIFY_URL of [',', `tencent:,tencent`, `${one},b`, 'tencent:,https://u:s3cr3t@host/']) {
    const [fault = '', ...more] = faultsOf({ NOTIFY_URL }, 'operate');
    assert.deepEqual(more, []);
    assert.match(fault, /^NOTIFY_URL: expected (tencent: or https:|an address without credentials)/);
    assert.doesNotMatch(fault, /s3cr3t/);
  }
});

test('given a plan with two destinations, then a worker with one of them leaves out notifyBackend alone', async () => {
  for (const environment of [TENCENT, WEBHOOK]) {
    const { backends, close } = await createBackends(read(environment, 'work'));
    assert.equal(notifyBackend.create(backends), null);
    assert.notEqual(notifyUsers.create(backends), null);
    await close();
  }
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
    assert.deepEqual(faulty(BOTH, role), []);
    assert.deepEqual(faulty({ ...BOTH, NOTIFY_SECRET: '' }, role), ['NOTIFY_SECRET']);
    assert.deepEqual(faulty({ ...BOTH, TENCENT_SECRET_KEY: '' }, role), ['TENCENT_SECRET_KEY']);
    assert.deepEqual(faulty({ ...BOTH, SDK_APP_ID: '' }, role), ['SDK_APP_ID']);
  }
});

test('a receiver without a worker starts without those secrets, and still plans the messages', async () => {
  for (const NOTIFY_URL of ['tencent:', 'https://endpoint.example/', 'http://10.0.0.1/']) {
    const settings = read({ ...PRODUCTION, ...APP, NOTIFY_URL }, 'serve');
    assert.equal((await createBackends(settings)).backends.messenger, null);
    assert.ok(createPlan(settings).sideEffects.some(({ name }) => name === 'notifyUsers'));
  }
});

test('the demo uses the embedded backends, even if other backends are set', () => {
  const set = { NOTIFY_URL: 'tencent:', NOTIFY_SECRET: 'x', TENCENT_RATE: 'x', TENCENT_DOMAIN: ':' };
  assert.equal(read(set, 'demo').notify.users, 'embedded');
});

test('in production messages are sent over TLS, unless the webhook endpoint is on a private network', () => {
  const plain = { ...WEBHOOK, ...PRODUCTION, ...OFF, NOTIFY_URL: 'http://endpoint.internal/' };
  for (const role of ['work', 'start'] as const) {
    assert.deepEqual(faulty(plain, role), ['NOTIFY_URL']);
    const beside = { ...plain, ...TENCENT, NOTIFY_URL: `tencent:,${plain.NOTIFY_URL}` };
    assert.deepEqual(faulty(beside, role), ['NOTIFY_URL']);
    assert.deepEqual(faulty({ ...beside, NOTIFY_ALLOW_PRIVATE: 'on' }, role), []);
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
