// Anyone can start any function that this file exports, so it exports workflows and nothing else.
export { friendDeleted } from './friend-deleted.ts';
