// Anyone can start any function that this file exports, so it exports workflows and nothing else.
export { callbackRelayed } from './callback-relayed.ts';
export { friendDeleted } from './friend-deleted.ts';
export { noticeGiven } from './notice-given.ts';
export { reconcileFriends } from './reconcile-friends.ts';
