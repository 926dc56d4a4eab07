import { WORKFLOW_TYPES } from '../../../workflows/contract.ts';

const ENDED = '"Failed", "Terminated", "TimedOut", "Canceled"';

/**
 * The one definition of what needs a person, for the list, the metrics (and so the alerts) and the link to the UI:
 * something is undone, and nothing goes on by itself, because it is parked, or the workflow is paused or ended.
 *
 * Runs that continued as new are closed and keep the status that they had. The statuses are named so that the
 * database can use its index. "Paused" is not named: a server that does not know it refuses the whole query.
 *
 * A query can't tell which of the ended ones were taken up since: see `findTakenUp`.
 */
export const NEEDS_PERSON = [
  `WorkflowType IN (${WORKFLOW_TYPES.map((type) => `"${type}"`).join(', ')})`,
  'UnfriendStatus IN ("NeedsAttention", "Retrying", "Running")',
  'ExecutionStatus NOT IN ("Completed", "ContinuedAsNew")',
  '(UnfriendStatus="NeedsAttention" OR ExecutionStatus!="Running")',
].join(' AND ');

/** Of these the workflow is open: it waits with something parked, or it is paused. */
export const WAITS = `${NEEDS_PERSON} AND ExecutionStatus NOT IN (${ENDED})`;

/** A batch job of Temporal's leaves paused workflows out, whatever its query says. */
export const WAITS_UNPAUSED = `${WAITS} AND ExecutionStatus="Running"`;

/** Of these the workflow ended before everything was done or dismissed. */
export const ENDED_UNDONE = `${NEEDS_PERSON} AND ExecutionStatus IN (${ENDED})`;
