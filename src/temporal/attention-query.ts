import { WORKFLOW_TYPE } from '../../workflows/contract.ts';

const OURS = `WorkflowType="${WORKFLOW_TYPE}"`;

/** What waits for a person. Runs that continued as new are closed, and keep the status that they had. */
export const NEEDS_ATTENTION = `${OURS} AND UnfriendStatus="NeedsAttention" AND ExecutionStatus="Running"`;

/** What gave up: side effects stayed undone, and nobody acted in time. */
export const ABANDONED = `${OURS} AND UnfriendStatus="NeedsAttention" AND ExecutionStatus="Failed"`;

/** What ended before all was done or dismissed, unless somebody took it up since: that, no query can tell. */
export const ENDED_UNDONE = `${OURS} AND ExecutionStatus IN ("Failed", "Terminated", "TimedOut", "Canceled")`;
