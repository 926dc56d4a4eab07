import { WORKFLOW_TYPES } from '../../../workflows/contract.ts';

const ENDED = '"Failed", "Terminated", "TimedOut", "Canceled"';

/**
 * The one definition of what needs a person, for the list, the metrics (and so the alerts) and the link to the UI:
 * something is undone, and nothing goes on by itself, because it is parked, or the workflow is paused or ended.
 *
 * Runs that continued as new are closed and keep the status that they had. The statuses are named so that the
 * database can use its index. "Paused" is not named: a server that does not know it refuses the whole query.
 *
 * A query can't tell which of the ended workflows somebody has retried or dismissed since: see `findTakenUp`.
 */
export const NEEDS_PERSON = [
  `WorkflowType IN (${WORKFLOW_TYPES.map((type) => `"${type}"`).join(', ')})`,
  'UnfriendStatus IN ("NeedsAttention", "Retrying", "Running")',
  'ExecutionStatus NOT IN ("Completed", "ContinuedAsNew")',
  '(UnfriendStatus="NeedsAttention" OR ExecutionStatus!="Running")',
].join(' AND ');

/** Those whose workflow is open: something is parked in it, or it is paused. */
export const WAITING = `${NEEDS_PERSON} AND ExecutionStatus NOT IN (${ENDED})`;

/** For Temporal's batch jobs, which leave paused workflows out whatever the query says. */
export const WAITING_UNPAUSED = `${WAITING} AND ExecutionStatus="Running"`;

/** Those whose workflow ended before everything was done or dismissed. */
export const ABANDONED = `${NEEDS_PERSON} AND ExecutionStatus IN (${ENDED})`;
