import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FRIEND_DELETE } from '../../../src/callback/schema.ts';
import { createPlan } from '../../../src/config/plan.ts';
import { createBackends } from '../../../src/service/backends.ts';
import { selfSigned } from '../../support/inputs/certificates.ts';
import { faultsOf, read } from '../../support/inputs/settings.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';

const RELAY_URL = 'https://endpoint.example/callbacks?key=s3cr3t';
const START = { SDK_APP_ID: '1400000000', RELAY_URL };

const folder = temporaryFolder();
after(() => folder.remove());

test('without RELAY_URL no endpoint stands behind the receiver', async () => {
  const settings = read({ SDK_APP_ID: '1400000000', RELAY_DURABLE: 'Sns.*' }, 'start');
  assert.equal(settings.relay, undefined);
  assert.equal((await createBackends(settings)).backends.endpoint, null);
});

test('with RELAY_URL alone, friend-delete callbacks are relayed durably, and an endpoint without an answer gives none', () => {
  assert.deepEqual(read(START, 'start').relay, {
    url: RELAY_URL,
    ca: undefined,
    timeout: 1_500,
    failure: 'none',
    durable: [FRIEND_DELETE],
  });
});

test('RELAY_DURABLE is a list of names and prefixes, or off', () => {
  for (const [RELAY_DURABLE, durable] of [
    ['off', []],
    ['Sns.*', ['Sns.*']],
    [' State.StateChange , Group.* ', ['State.StateChange', 'Group.*']],
  ] as const)
    assert.deepEqual(read({ ...START, RELAY_DURABLE }, 'serve').relay?.durable, durable);
});

for (const [RELAY_DURABLE, fault] of [
  [
    'Sns.CallbackFriendAdd,C2C.CallbackBeforeSendMsg',
    /^RELAY_DURABLE: C2C\.CallbackBeforeSendMsg can't be relayed/,
  ],
  [
    'Sns.CallbackPrevFriendAdd',
    /^RELAY_DURABLE: Sns\.CallbackPrevFriendAdd can't be relayed later, because the ans/,
  ],
  [
    '*',
    /^RELAY_DURABLE: expected names of commands such as Sns\.CallbackFriendDelete, or Sns\.\* for a prefix/,
  ],
  ['Sns', /^RELAY_DURABLE: expected names of commands/],
  ['Sns.*,', /^RELAY_DURABLE: expected names of commands/],
  ['off,Sns.*', /^RELAY_DURABLE: expected names of commands/],
] as const) {
  test(`RELAY_DURABLE=${RELAY_DURABLE} is a fault that says what is expected`, () => {
    assert.match(faultsOf({ ...START, RELAY_DURABLE }, 'start').join('\n'), fault);
  });
}

for (const url of [
  'endpoint.example',
  'ftp://host/',
  'https://',
  'https://u:s3cr3t@host/',
  'http://host/#a',
  'off',
]) {
  test(`RELAY_URL=${url} is a fault, which does not repeat it`, () => {
    const [fault = '', ...others] = faultsOf({ ...START, RELAY_URL: url }, 'serve');
    assert.match(fault, /^RELAY_URL: expected http:\/\/… or https:\/\/…, without credentials and without #$/);
    assert.deepEqual(others, []);
  });
}

test('private addresses are fine as endpoints', () => {
  for (const url of [
    'http://10.0.0.1:8080/',
    'http://localhost/callback',
    'http://[::1]:9/',
    'http://app.internal/x?y=1',
  ])
    assert.equal(read({ ...START, RELAY_URL: url }, 'start').relay?.url, url);
});

test('RELAY_FAILURE and RELAY_TIMEOUT take what the contract lists, and nothing else', () => {
  for (const RELAY_FAILURE of ['none', 'ok', 'fail'] as const)
    assert.equal(read({ ...START, RELAY_FAILURE }, 'serve').relay?.failure, RELAY_FAILURE);
  assert.match(faultsOf({ ...START, RELAY_FAILURE: 'OK!' }, 'serve').join(), /^RELAY_FAILURE: /);
  assert.equal(read({ ...START, RELAY_TIMEOUT: '3s' }, 'serve').relay?.timeout, 3_000);
  for (const RELAY_TIMEOUT of ['1m', 'soon']) {
    assert.match(faultsOf({ ...START, RELAY_TIMEOUT }, 'serve').join(), /^RELAY_TIMEOUT: /);
  }
});

test('RELAY_CA is the PEM file of an authority: receivers and workers read it', () => {
  const { certFile, cert } = selfSigned(folder.path);
  for (const role of ['start', 'serve', 'work'] as const) {
    assert.equal(read({ ...START, RELAY_CA: certFile }, role).relay?.ca, cert);
    const missing = faultsOf({ ...START, RELAY_CA: join(folder.path, 'missing') }, role).join();
    assert.match(missing, /^RELAY_CA: expected the path of a PEM file; this one cannot be read \(ENOENT\)$/);
  }
  const wrong = join(folder.path, 'wrong.pem');
  writeFileSync(wrong, 'no certificate');
  assert.match(
    faultsOf({ ...START, RELAY_CA: wrong }, 'work').join(),
    /^RELAY_CA: expected a PEM file that holds/,
  );
});

test('the plan leaves relayCallback out: each delivery has it, or has not', () => {
  const names = createPlan(read(START, 'start')).sideEffects.map(({ name }) => name);
  assert.deepEqual(names, ['clearCaches', 'updateSearchIndex', 'notifyUsers']);
});

test('a body that is relayed durably is limited to what Temporal takes together with its pairs', () => {
  for (const role of ['start', 'serve'] as const) {
    const large = { ...START, MAX_BODY: '1201kb' };
    assert.match(faultsOf(large, role).join(), /^MAX_BODY: expected at most 1200kb with RELAY_URL: /);
    assert.deepEqual(faultsOf({ ...large, MAX_BODY: '1200kb' }, role), []);
    assert.deepEqual(faultsOf({ ...large, RELAY_DURABLE: 'off' }, role), []);
    assert.deepEqual(faultsOf({ ...large, RELAY_URL: '' }, role), []);
  }
});

test('the demo relays nothing, whatever is set for others', () => {
  assert.equal(read({ RELAY_URL: 'nonsense', RELAY_DURABLE: 'nonsense' }, 'demo').relay, undefined);
});
