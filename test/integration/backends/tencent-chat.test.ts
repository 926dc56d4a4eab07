import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { BackendError, type FailureType } from '../../../activities/backends/backend.ts';
import { TencentChat } from '../../../activities/backends/tencent/tencent-chat.ts';
import { notifyUsers } from '../../../activities/notify-users.ts';
import { planUnits } from '../../../workflows/planning/units.ts';
import { TENCENT, TencentChatServer } from '../../support/doubles/tencent-chat.ts';
import { deliveryOf, PLANNED, pairsOf } from '../../support/inputs/deliveries.ts';
import { messageOf, sendingOf } from '../../support/inputs/messages.ts';
import { carriedBy, describeOutcomes, runnerOf } from '../../support/run-side-effect.ts';

const KEY = '1400000000/delivery-1/notifyUsers/alice/1';
const DAY = 24 * 60 * 60 * 1000;

let server: TencentChatServer;
let messenger: TencentChat;

beforeEach(async () => {
  server = await TencentChatServer.start();
  messenger = messengerOf();
});

afterEach(async () => {
  mock.timers.reset();
  await messenger.close();
  await server.close();
});

function messengerOf(access: Partial<typeof TENCENT> = {}, rate = 1_000): TencentChat {
  return new TencentChat({ ...TENCENT, ...access, url: server.url, rate });
}

/** The failure of one try to send. */
async function failureOf(sent = sendingOf(messenger, KEY)): Promise<BackendError> {
  const error = await sent.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof BackendError, String(error));
  return error;
}

/** That no secret, account or query string got into a text that people see. */
function assertDiscreet(text: string): void {
  const { query } = server.requests.at(-1) ?? {};
  for (const secret of [TENCENT.secretKey, query?.get('usersig') ?? '', 'usersig', 'alice', 'bob', 'about']) {
    assert.ok(secret === '' || !text.includes(secret), `${text} holds ${secret}`);
  }
}

test('a message is a silent custom message from the admin, with the bytes of the contract', async () => {
  assert.equal(await sendingOf(messenger, KEY), 'sent');
  const [message] = server.delivered;
  const { MsgSeq, MsgRandom, ...rest } = message ?? assert.fail('nothing was delivered');
  assert.deepEqual(rest, {
    SyncOtherMachine: 2,
    From_Account: 'administrator',
    To_Account: 'alice',
    ForbidCallbackControl: ['ForbidBeforeSendMsgCallback', 'ForbidAfterSendMsgCallback'],
    SendMsgControl: ['NoUnread', 'NoLastMsg', 'WithMuteNotifications'],
    MsgBody: [{ MsgType: 'TIMCustomElem', MsgContent: { Data: JSON.stringify(messageOf()) } }],
    OfflinePushInfo: { PushFlag: 1 },
  });
  assert.ok(MsgSeq > 0 && MsgRandom >= 0);
  const [{ command, query } = assert.fail()] = server.requests;
  assert.equal(command, 'v4/openim/sendmsg');
  assert.deepEqual([...query.keys()], ['sdkappid', 'identifier', 'usersig', 'random', 'contenttype']);
});

test('given a message that was sent, when it is sent again, then it reaches nobody twice', async () => {
  for (let time = 0; time < 3; time += 1) await sendingOf(messenger, KEY);
  assert.equal(server.requests.length, 3);
  assert.equal(server.delivered.length, 1);
  await sendingOf(messenger, `${KEY}0`);
  assert.equal(server.delivered.length, 2);
});

test('given an answer that was lost, when the message is sent again, then it reaches nobody twice', async () => {
  await sendingOf(messenger, KEY);
  server.played.push('reset');
  assert.equal((await failureOf()).type, 'Unreachable');
  await sendingOf(messenger, KEY);
  assert.equal(server.delivered.length, 1);
});

const ERRORS: [FailureType, number[]][] = [
  ['ServerError', [20004, 20005, 60008, 60014, 70169, 70500, 90992, 90994, 90995, 91000]],
  ['Busy', [60007, 60018, 90057, 22006]],
  ['Unauthorized', [70003, 70009, 60010, 60020]],
  ['Rejected', [70107, 90048, 80001, 90001, 90002, 90003, 90010, 90011, 1, 99999, -1]],
];

for (const [type, codes] of ERRORS) {
  for (const code of codes) {
    test(`ErrorCode ${code} is ${type}, named by its number, without what the vendor says of accounts`, async () => {
      server.played.push(code);
      const failure = await failureOf();
      assert.equal(failure.type, type);
      assert.ok(failure.message.includes(`answered ${code} to sendmsg`), failure.message);
      assert.equal(failure.retryAfter !== undefined, type === 'Busy');
      assert.equal(server.requests.length, 1);
      assertDiscreet(failure.message);
    });
  }
}

for (const code of [70107, 90048]) {
  test(`ErrorCode ${code} says that there is no such account`, async () => {
    server.played.push(code);
    assert.match((await failureOf()).message, /no such account/);
  });
}

for (const code of [70001, 20002]) {
  test(`given ErrorCode ${code}, then a new UserSig is made and the message sent once more, at once`, async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() });
    await sendingOf(messenger, KEY);
    mock.timers.tick(5_000);
    server.played.push(code);
    assert.equal(await sendingOf(messenger, `${KEY}0`), 'sent');
    const [first, refused, renewed] = server.requests.map(({ query }) => query.get('usersig'));
    assert.equal(refused, first);
    assert.notEqual(renewed, refused);
    assert.equal(server.delivered.length, 2);
  });

  test(`given ErrorCode ${code} twice, then it is Unauthorized`, async () => {
    server.played.push(code, code);
    const failure = await failureOf();
    assert.equal(failure.type, 'Unauthorized');
    assert.match(failure.message, /TENCENT_SECRET_KEY.*clock/);
    assert.equal(server.requests.length, 2);
    assertDiscreet(failure.message);
  });
}

test('a UserSig is used again, renewed long before it expires, and never refused', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const userSigs = async () => {
    await sendingOf(messenger, KEY);
    return server.requests.at(-1)?.query.get('usersig');
  };
  const first = await userSigs();
  mock.timers.tick(DAY / 2);
  assert.equal(await userSigs(), first);
  mock.timers.tick(1_000);
  const second = await userSigs();
  assert.notEqual(second, first);
  mock.timers.tick(10 * DAY);
  assert.notEqual(await userSigs(), second);
  assert.equal(server.requests.length, 4);
});

for (const [what, access] of [
  ['another key', { secretKey: 'another' }],
  ['another app', { sdkAppId: '1400000001' }],
  ['an account that is no admin', { admin: 'alice' }],
] as const) {
  test(`given ${what}, when a message is sent, then it is Unauthorized and says which setting to check`, async () => {
    await messenger.close();
    messenger = messengerOf(access);
    const failure = await failureOf();
    assert.equal(failure.type, 'Unauthorized');
    assert.match(failure.message, /check that .*(TENCENT_|SDK_APP_ID)/);
    assertDiscreet(failure.message);
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
    server.played.push({ status, headers: { location: 'http://127.0.0.1:1/' } });
    const failure = await failureOf();
    assert.equal(failure.type, type);
    assert.ok(failure.message.includes(`HTTP ${status}`));
    assertDiscreet(failure.message);
  });
}

test('an answer without an ErrorCode is ServerError', async () => {
  for (const body of ['', '<html>', '[]', 'null', '{"ErrorCode":"0"}']) {
    server.played.push({ status: 200, body });
    assert.equal((await failureOf()).type, 'ServerError', body);
  }
});

test('an endless answer is not read to its end', async () => {
  server.played.push({ status: 200, body: ' '.repeat(1_000_000) });
  assert.equal((await failureOf()).type, 'Unreachable');
});

test('given no answer, then it is Unreachable, after longer than the vendor’s own 3 s', async () => {
  server.played.push('hang');
  const startedAt = performance.now();
  const failure = await failureOf();
  const waited = performance.now() - startedAt;
  assert.ok(waited > 3_500 && waited < 8_000, `${waited} ms`);
  assert.deepEqual([failure.type, failure.message.includes('no answer in time')], ['Unreachable', true]);
});

test('given nobody listens, then it is Unreachable and says why', async () => {
  await server.close();
  const failure = await failureOf();
  assert.equal(failure.type, 'Unreachable');
  assert.match(failure.message, /ECONNREFUSED/);
});

test('a cancelled call ends at once, with the reason of the cancellation', async () => {
  server.played.push('hang');
  const cancel = new AbortController();
  const sent = sendingOf(messenger, KEY, cancel.signal);
  const reason = new Error('cancelled');
  cancel.abort(reason);
  await assert.rejects(sent, reason);
});

test('given a vendor that allows 20 a second, when 60 messages are sent at 20 a second, then none is refused', async () => {
  await messenger.close();
  messenger = messengerOf({}, 18);
  server.rateLimit = 20;
  await Promise.all(Array.from({ length: 60 }, (_, index) => sendingOf(messenger, `${KEY}${index}`)));
  assert.equal(server.delivered.length, 60);
});

for (const tooFast of [60007, 60018]) {
  test(`given ErrorCode ${tooFast} over the limit, then all calls of the process slow down and get through later`, async () => {
    server.rateLimit = 20;
    server.tooFast = tooFast;
    const send = (index: number) => sendingOf(messenger, `${KEY}${index}`).then(() => 'sent', failureType);
    const results = await Promise.all(Array.from({ length: 40 }, (_, index) => send(index)));
    assert.deepEqual([...new Set(results)].sort(), ['Busy', 'sent']);
    const before = performance.now();
    assert.equal(await send(100), 'sent');
    assert.ok(performance.now() - before > 300, 'it rests');
  });
}

function failureType(error: unknown): string {
  return error instanceof BackendError ? error.type : String(error);
}

test('the largest message that is planned fits the vendor’s 12 KB, whatever the accounts look like', async () => {
  const account = (index: number) => `${index}`.padStart(32, '"\\');
  const pairs = Array.from({ length: 400 }, (_, index) => ({ from: account(0), to: account(index + 1) }));
  const { delivery } = deliveryOf(pairs);
  const units = planUnits(PLANNED[2] ?? assert.fail(), pairs, 'from');
  const notify = runnerOf(notifyUsers, { messenger });
  for (const { pairs: carried, message } of units) {
    const input = { delivery, pairs: carried.map((index) => pairs[index] ?? assert.fail()) };
    const outcomes = await notify(carriedBy(message ?? assert.fail(), input));
    assert.deepEqual([...new Set(describeOutcomes(outcomes))], ['done sent']);
  }
  const largest = Math.max(...server.requests.map(({ body }) => Buffer.byteLength(body)));
  assert.ok(
    units.length > 3 && largest > 10_000,
    `${units.length} messages, the largest of ${largest} bytes`,
  );
});

test('a message over 12 KB is Rejected before it is sent', async () => {
  const pairs = Array.from({ length: 300 }, (_, index) => ({ from: 'alice', to: `friend-${index}` }));
  const failure = await failureOf(messenger.send(messageOf(pairs), KEY, new AbortController().signal));
  assert.equal(failure.type, 'Rejected');
  assert.equal(server.requests.length, 0);
});

test('notifyUsers on Tencent Chat: done as sent, failed as the vendor says', async () => {
  const pairs = pairsOf(['alice', 'bob']);
  const input = carriedBy(
    { recipient: 'alice', part: 1, parts: 1 },
    { delivery: deliveryOf(pairs).delivery, pairs },
  );
  const notify = runnerOf(notifyUsers, { messenger });
  assert.deepEqual(describeOutcomes(await notify(input)), ['done sent']);
  server.played.push(90048);
  await assert.rejects(notify(input), { type: 'Rejected', nonRetryable: true });
  server.played.push(60007);
  await assert.rejects(notify(input), { type: 'Busy', nonRetryable: false });
});

test('check finds a UserSig that is accepted and a clock that fits, and sends nothing', async () => {
  assert.deepEqual(
    (await messenger.check()).map(({ state }) => state),
    ['ok', 'ok'],
  );
  assert.deepEqual(
    server.requests.map(({ command }) => command),
    ['v4/im_open_login_svc/account_check'],
  );
});

for (const [clockAhead, says] of [
  [120_000, /1(19|20|21) s behind .*NTP/],
  [-120_000, /1(19|20|21) s ahead of .*NTP/],
] as const) {
  test(`check finds a clock that is ${clockAhead} ms off to be at fault`, async () => {
    server.clockAhead = clockAhead;
    const [, clock] = await messenger.check();
    assert.equal(clock?.state, 'fault');
    assert.match(clock?.message ?? '', says);
  });
}

test('check says which setting to look at when the vendor refuses, and never throws', async () => {
  server.played.push(70009);
  const [refused] = await messenger.check();
  assert.equal(refused?.state, 'fault');
  assert.match(refused?.message ?? '', /70009 .*TENCENT_SECRET_KEY/);
  await server.close();
  const [away] = await messenger.check();
  assert.equal(away?.state, 'fault');
  assert.match(away?.message ?? '', /ECONNREFUSED.*TENCENT_DOMAIN/);
});
