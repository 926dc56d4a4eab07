import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { BackendError } from '../../../activities/backends/backend.ts';
import { TencentFriendships } from '../../../activities/backends/tencent/friend-check.ts';
import { TencentChat } from '../../../activities/backends/tencent/tencent-chat.ts';
import { sendingOf } from '../../support/inputs/messages.ts';
import { failureOfSending, KEY, TencentStage } from '../../support/stages/tencent-stage.ts';

const FRIEND_CHECK = 'v4/sns/friend_check';
const NEVER = new AbortController().signal;
const chat = new TencentStage();

describe('friend_check', () => {
  let friendships: TencentFriendships;
  beforeEach(() => {
    friendships = new TencentFriendships(chat.apiOf());
  });
  afterEach(() => friendships.close());

  const ask = (...to: string[]) => friendships.areFriends('alice', to, NEVER);

  test('asks whether To is in From’s list, whatever is in To’s list: a pair is directed', async () => {
    chat.server.friendLists.add('alice', 'bob');
    chat.server.friendLists.add('carol', 'alice');
    assert.deepEqual(await ask('bob', 'carol', 'dave'), [true, false, false]);
    assert.deepEqual(chat.server.callsOf(FRIEND_CHECK), [
      {
        From_Account: 'alice',
        To_Account: ['bob', 'carol', 'dave'],
        CheckType: 'CheckResult_Type_Single',
      },
    ]);
  });

  test('an account that does not exist is nobody’s friend, as From and as To', async () => {
    chat.server.friendLists.add('alice', 'bob');
    chat.server.friendLists.missing.add('ghost');
    assert.deepEqual(await ask('bob', 'ghost'), [true, false]);
    assert.deepEqual(await friendships.areFriends('ghost', ['bob'], NEVER), [false]);
  });

  test('given an account that the vendor cannot check now, then it has an error, and the others have answers', async () => {
    chat.server.friendLists.add('alice', 'carol');
    chat.server.friendLists.failing.set('bob', 30006);
    const [bob, carol] = await ask('bob', 'carol');
    assert.ok(bob instanceof BackendError);
    assert.equal(bob.type, 'ServerError');
    assert.match(bob.message, /Tencent Chat at .* answered 30006 to friend_check$/);
    assert.equal(carol, true);
    chat.assertDiscreet(bob.message);
  });

  for (const [what, body] of [
    ['no list', '{"ErrorCode":0}'],
    ['a list without the account', '{"ErrorCode":0,"InfoItem":[]}'],
    [
      'an unknown relation',
      '{"ErrorCode":0,"InfoItem":[{"To_Account":"bob","Relation":"CheckResult_Type_Maybe","ResultCode":0}]}',
    ],
  ] as const) {
    test(`given an answer with ${what}, then nothing is guessed: it is a ServerError`, async () => {
      chat.server.played.push({ status: 200, body });
      const [error] = await ask('bob').catch((thrown) => [thrown]);
      assert.ok(error instanceof BackendError);
      assert.deepEqual([error.type, error.retryable], ['ServerError', true]);
      assert.match(error.message, /Tencent Chat at .* did not say in friend_check/);
    });
  }

  for (const [answer, type] of [
    [{ status: 500 }, 'ServerError'],
    ['reset', 'Unreachable'],
    [60008, 'ServerError'],
    [30007, 'ServerError'],
    [60007, 'Busy'],
    [30004, 'Unauthorized'],
    [60010, 'Unauthorized'],
    [30001, 'Rejected'],
  ] as const) {
    test(`given ${JSON.stringify(answer)}, then it is ${type}, and the message names the vendor and no account`, async () => {
      chat.server.played.push(answer);
      const failure = await failureOfSending(ask('bob'));
      assert.equal(failure.type, type);
      assert.match(failure.message, /Tencent Chat at 127/);
      chat.assertDiscreet(failure.message);
    });
  }

  test('given a vendor that allows 20 calls a second, then messages and checks together keep to it', async () => {
    const api = chat.apiOf({}, 18);
    const [messenger, checks] = [new TencentChat(api), new TencentFriendships(api)];
    chat.server.rateLimit = 20;
    const calls = Array.from({ length: 20 }, (_, index) => [
      sendingOf(messenger, `${KEY}${index}`),
      checks.areFriends('alice', [`friend-${index}`], NEVER),
    ]);
    await Promise.all(calls.flat());
    assert.equal(chat.server.requests.length, 40);
    await Promise.all([messenger.close(), checks.close()]);
  });
});
