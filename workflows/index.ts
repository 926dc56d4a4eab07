// Temporal lets anyone start any function that is exported here: workflows, and nothing else.
export { friendDeleted } from './friend-deleted.ts';
