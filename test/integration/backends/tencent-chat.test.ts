import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { BackendError } from '../../../activities/backends/backend.ts';
import { notifyUsers } from '../../../activities/notify-users.ts';
import { planUnits } from '../../../workflows/planning/units.ts';
import { deliveryOf, PLANNED, pairsOf } from '../../support/inputs/deliveries.ts';
import { messageOf, sendingOf } from '../../support/inputs/messages.ts';
import { carriedBy, describeOutcomes, runnerOf } from '../../support/run-side-effect.ts';
import { failureOfSending, KEY, TencentStage } from '../../support/stages/tencent-stage.ts';

const DAY = 24 * 60 * 60 * 1000;
const chat = new TencentStage();

test('a message is a silent custom message from the admin, with the bytes of the contract', async () => {
  assert.equal(await sendingOf(chat.messenger, KEY), 'sent');
  const [message] = chat.server.delivered;
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
  const [{ command, query } = assert.fail()] = chat.server.requests;
  assert.equal(command, 'v4/openim/sendmsg');
  assert.deepEqual([...query.keys()], ['sdkappid', 'identifier', 'usersig', 'random', 'contenttype']);
});

test('given a message that was sent, when it is sent again, then it reaches nobody twice', async () => {
  for (let time = 0; time < 3; time += 1) await sendingOf(chat.messenger, KEY);
  assert.equal(chat.server.requests.length, 3);
  assert.equal(chat.server.delivered.length, 1);
  await sendingOf(chat.messenger, `${KEY}0`);
  assert.equal(chat.server.delivered.length, 2);
});

test('given an answer that was lost, when the message is sent again, then it reaches nobody twice', async () => {
  await sendingOf(chat.messenger, KEY);
  chat.server.played.push('reset');
  assert.equal((await chat.failureOf()).type, 'Unreachable');
  await sendingOf(chat.messenger, KEY);
  assert.equal(chat.server.delivered.length, 1);
});

for (const code of [70001, 20002]) {
  test(`given ErrorCode ${code}, then a new UserSig is made and the message sent once more, at once`, async () => {
    mock.timers.enable({ apis: ['Date'], now: Date.now() });
    await sendingOf(chat.messenger, KEY);
    mock.timers.tick(5_000);
    chat.server.played.push(code);
    assert.equal(await sendingOf(chat.messenger, `${KEY}0`), 'sent');
    const [first, refused, renewed] = chat.server.requests.map(({ query }) => query.get('usersig'));
    assert.equal(refused, first);
    assert.notEqual(renewed, refused);
    assert.equal(chat.server.delivered.length, 2);
  });

  test(`given ErrorCode ${code} twice, then it is Unauthorized`, async () => {
    chat.server.played.push(code, code);
    const failure = await chat.failureOf();
    assert.equal(failure.type, 'Unauthorized');
    assert.match(failure.message, /TENCENT_SECRET_KEY.*clock/);
    assert.equal(chat.server.requests.length, 2);
    chat.assertDiscreet(failure.message);
  });
}

test('a UserSig is used again, renewed long before it expires, and never refused', async () => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const userSigs = async () => {
    await sendingOf(chat.messenger, KEY);
    return chat.server.requests.at(-1)?.query.get('usersig');
  };
  const first = await userSigs();
  mock.timers.tick(DAY / 2);
  assert.equal(await userSigs(), first);
  mock.timers.tick(1_000);
  const second = await userSigs();
  assert.notEqual(second, first);
  mock.timers.tick(10 * DAY);
  assert.notEqual(await userSigs(), second);
  assert.equal(chat.server.requests.length, 4);
});

test('given a vendor that allows 20 a second, when 60 messages are sent at 20 a second, then none is refused', async () => {
  await chat.messenger.close();
  chat.messenger = chat.messengerOf({}, 18);
  chat.server.rateLimit = 20;
  await Promise.all(Array.from({ length: 60 }, (_, index) => sendingOf(chat.messenger, `${KEY}${index}`)));
  assert.equal(chat.server.delivered.length, 60);
});

for (const tooFast of [60007, 60018]) {
  test(`given ErrorCode ${tooFast} over the limit, then all calls of the process slow down and get through later`, async () => {
    chat.server.rateLimit = 20;
    chat.server.tooFast = tooFast;
    const send = (index: number) =>
      sendingOf(chat.messenger, `${KEY}${index}`).then(() => 'sent', failureType);
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
  const notify = runnerOf(notifyUsers, { messenger: chat.messenger });
  for (const { pairs: carried, message } of units) {
    const input = { delivery, pairs: carried.map((index) => pairs[index] ?? assert.fail()) };
    const outcomes = await notify(carriedBy(message ?? assert.fail(), input));
    assert.deepEqual([...new Set(describeOutcomes(outcomes))], ['done sent']);
  }
  const largest = Math.max(...chat.server.requests.map(({ body }) => Buffer.byteLength(body)));
  assert.ok(
    units.length > 3 && largest > 10_000,
    `${units.length} messages, the largest of ${largest} bytes`,
  );
});

test('a message over 12 KB is Rejected before it is sent', async () => {
  const pairs = Array.from({ length: 300 }, (_, index) => ({ from: 'alice', to: `friend-${index}` }));
  const failure = await failureOfSending(
    chat.messenger.send(messageOf(pairs), KEY, new AbortController().signal),
  );
  assert.equal(failure.type, 'Rejected');
  assert.equal(chat.server.requests.length, 0);
});

test('notifyUsers on Tencent Chat: done as sent, failed as the vendor says', async () => {
  const pairs = pairsOf(['alice', 'bob']);
  const input = carriedBy(
    { recipient: 'alice', part: 1, parts: 1 },
    { delivery: deliveryOf(pairs).delivery, pairs },
  );
  const notify = runnerOf(notifyUsers, { messenger: chat.messenger });
  assert.deepEqual(describeOutcomes(await notify(input)), ['done sent']);
  chat.server.played.push(90048);
  await assert.rejects(notify(input), { type: 'Rejected', nonRetryable: true });
  chat.server.played.push(60007);
  await assert.rejects(notify(input), { type: 'Busy', nonRetryable: false });
});
