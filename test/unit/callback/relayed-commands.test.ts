import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandLabel } from '../../../src/callback/known-commands.ts';
import { findPatternFault, isDecision, isDurablyRelayed } from '../../../src/callback/relayed-commands.ts';

/** The commands of the vendor whose answer decides what happens. Source: Tencent Cloud Chat, doc 1047/34355. */
const DECISIONS = [
  'C2C.CallbackBeforeSendMsg',
  'Sns.CallbackPrevFriendAdd',
  'Sns.CallbackPrevFriendResponse',
  'Group.CallbackBeforeCreateGroup',
  'Group.CallbackBeforeApplyJoinGroup',
  'Group.CallbackBeforeInviteJoinGroup',
  'Group.CallbackBeforeSendMsg',
  'Group.CallbackBeforeCreateTopic',
];

const REPORTS = [
  'State.StateChange',
  'C2C.CallbackAfterSendMsg',
  'Sns.CallbackFriendAdd',
  'Sns.CallbackFriendDelete',
  'Sns.CallbackBlackListAdd',
  'Group.CallbackSendMsgException',
  'Group.CallbackOnMemberStateChange',
];

for (const command of DECISIONS) {
  test(`${command} can't be named in RELAY_DURABLE, because its answer decides`, () => {
    assert.equal(isDecision(command), true);
    assert.match(findPatternFault(command) ?? '', new RegExp(`^${command} can't be relayed later`));
  });

  test(`${command} is relayed durably under no pattern`, () => {
    const [prefix] = command.split('.');
    for (const pattern of [`${prefix}.*`, command]) assert.equal(isDurablyRelayed(command, [pattern]), false);
  });
}

for (const command of REPORTS) {
  test(`${command} can be relayed durably, by its name or by its prefix`, () => {
    const [prefix] = command.split('.');
    for (const pattern of [command, `${prefix}.*`]) {
      assert.equal(findPatternFault(pattern), undefined);
      assert.equal(isDurablyRelayed(command, ['Other.Command', pattern]), true);
    }
  });
}

test('a pattern matches the whole name, in the case of letters that the vendor writes', () => {
  const patterns = ['Sns.CallbackFriendDelete', 'Group.*'];
  for (const command of [
    'Sns.CallbackFriendDelete2',
    'Sns.CallbackFriend',
    'sns.CallbackFriendDelete',
    'XSns.CallbackFriendDelete',
    'GroupX.CallbackAfterSendMsg',
    'Group',
    '',
  ])
    assert.equal(isDurablyRelayed(command, patterns), false, command);
  assert.equal(isDurablyRelayed('Sns.CallbackFriendDelete', []), false);
});

test('a pattern that is no name of a command is refused, with an example', () => {
  for (const pattern of ['', '*', 'Sns', 'Sns.', 'Sns.Callback*', '*.CallbackFriendAdd', 'Sns.*.x', 'Sns .x'])
    assert.match(findPatternFault(pattern) ?? '', /^expected names of commands such as /, pattern);
});

test('commands that the vendor documents have a label of their own, and all others share one', () => {
  for (const command of [...DECISIONS, ...REPORTS]) assert.equal(commandLabel(command), command);
  for (const command of ['Sns.CallbackMadeUp', 'state.statechange', '', '__proto__', 'x'.repeat(10_000)])
    assert.equal(commandLabel(command), 'other');
});
