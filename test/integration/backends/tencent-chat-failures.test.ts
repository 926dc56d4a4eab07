import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FailureType } from '../../../activities/backends/backend.ts';
import { sendingOf } from '../../support/inputs/messages.ts';
import { KEY, TencentStage } from '../../support/stages/tencent-stage.ts';

const chat = new TencentStage();

const ERRORS: [FailureType, number[]][] = [
  ['ServerError', [20004, 20005, 30006, 30007, 60008, 60014, 70169, 70500, 90992, 90994, 90995, 91000]],
  ['Busy', [60007, 60018, 90057, 22006]],
  ['Unauthorized', [30004, 70003, 70009, 60010, 60020]],
  ['Rejected', [30001, 60002, 70107, 90048, 80001, 90001, 90002, 90003, 90010, 90011, 1, 99999, -1]],
];

for (const [type, codes] of ERRORS) {
  for (const code of codes) {
    test(`ErrorCode ${code} is ${type}; the message contains the number, but not the vendor’s text about accounts`, async () => {
      chat.server.played.push(code);
      const failure = await chat.failureOf();
      assert.equal(failure.type, type);
      assert.ok(failure.message.includes(`answered ${code} to sendmsg`), failure.message);
      assert.equal(failure.retryAfter !== undefined, type === 'Busy');
      assert.equal(chat.server.requests.length, 1);
      chat.assertDiscreet(failure.message);
    });
  }
}

for (const code of [70107, 90048]) {
  test(`ErrorCode ${code} says that there is no such account`, async () => {
    chat.server.played.push(code);
    assert.match((await chat.failureOf()).message, /no such account/);
  });
}

for (const [what, access] of [
  ['another key', { secretKey: 'another' }],
  ['another app', { sdkAppId: '1400000001' }],
  ['an account that is no admin', { admin: 'alice' }],
] as const) {
  test(`given ${what}, when a message is sent, then it is Unauthorized and says which setting to check`, async () => {
    await chat.messenger.close();
    chat.messenger = chat.messengerOf(access);
    const failure = await chat.failureOf();
    assert.equal(failure.type, 'Unauthorized');
    assert.match(failure.message, /check that .*(TENCENT_|SDK_APP_ID)/);
    chat.assertDiscreet(failure.message);
  });
}

for (const [status, type] of [
  [408, 'ServerError'],
  [429, 'Busy'],
  [500, 'ServerError'],
  [502, 'ServerError'],
  [503, 'ServerError'],
  [302, 'Rejected'],
  [404, 'Rejected'],
] as const) {
  test(`HTTP ${status} is ${type}`, async () => {
    chat.server.played.push({ status, headers: { location: 'http://127.0.0.1:1/' } });
    const failure = await chat.failureOf();
    assert.equal(failure.type, type);
    assert.ok(failure.message.includes(`HTTP ${status}`));
    chat.assertDiscreet(failure.message);
  });
}

test('an answer without an ErrorCode is ServerError', async () => {
  for (const body of ['', '<html>', '[]', 'null', '{"ErrorCode":"0"}']) {
    chat.server.played.push({ status: 200, body });
    assert.equal((await chat.failureOf()).type, 'ServerError', body);
  }
});

test('an endless answer is not read to its end', async () => {
  chat.server.played.push({ status: 200, body: ' '.repeat(1_000_000) });
  assert.equal((await chat.failureOf()).type, 'Unreachable');
});

test('given no answer, then it is Unreachable, after longer than the vendor’s own 3 s', async () => {
  chat.server.played.push('hang');
  const startedAt = performance.now();
  const failure = await chat.failureOf();
  const waited = performance.now() - startedAt;
  assert.ok(waited > 3_500 && waited < 8_000, `${waited} ms`);
  assert.deepEqual([failure.type, failure.message.includes('no answer in time')], ['Unreachable', true]);
});

test('given nobody listens, then it is Unreachable and says why', async () => {
  await chat.server.close();
  const failure = await chat.failureOf();
  assert.equal(failure.type, 'Unreachable');
  assert.match(failure.message, /ECONNREFUSED/);
});

test('a cancelled call ends at once, with the reason of the cancellation', async () => {
  chat.server.played.push('hang');
  const cancel = new AbortController();
  const sent = sendingOf(chat.messenger, KEY, cancel.signal);
  const reason = new Error('cancelled');
  cancel.abort(reason);
  await assert.rejects(sent, reason);
});
