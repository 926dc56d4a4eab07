/** The commands that the vendor documents. Source: Tencent Cloud Chat, doc 1047/34355. */
const KNOWN_COMMANDS: ReadonlySet<string> = new Set([
  'State.StateChange',
  'Profile.CallbackPortraitSet',
  'Sns.CallbackPrevFriendAdd',
  'Sns.CallbackPrevFriendResponse',
  'Sns.CallbackFriendAdd',
  'Sns.CallbackFriendDelete',
  'Sns.CallbackBlackListAdd',
  'Sns.CallbackBlackListDelete',
  'C2C.CallbackBeforeSendMsg',
  'C2C.CallbackAfterSendMsg',
  'C2C.CallbackAfterMsgReport',
  'C2C.CallbackAfterMsgWithDraw',
  'Group.CallbackBeforeCreateGroup',
  'Group.CallbackAfterCreateGroup',
  'Group.CallbackBeforeApplyJoinGroup',
  'Group.CallbackBeforeInviteJoinGroup',
  'Group.CallbackAfterNewMemberJoin',
  'Group.CallbackAfterMemberExit',
  'Group.CallbackBeforeSendMsg',
  'Group.CallbackAfterSendMsg',
  'Group.CallbackSendMsgException',
  'Group.CallbackAfterRecallMsg',
  'Group.CallbackAfterGroupFull',
  'Group.CallbackAfterGroupDestroyed',
  'Group.CallbackAfterGroupInfoChanged',
  'Group.CallbackAfterMemberFieldChanged',
  'Group.CallbackOnMemberStateChange',
  'Group.CallbackBeforeCreateTopic',
  'Group.CallbackAfterCreateTopic',
  'Group.CallbackAfterTopicDestroyed',
  'Group.CallbackAfterTopicInfoChanged',
]);

/** The label of a command in metrics. All undocumented names share one label, because a sender could invent thousands. */
export function commandLabel(command: string): string {
  return KNOWN_COMMANDS.has(command) ? command : 'other';
}
