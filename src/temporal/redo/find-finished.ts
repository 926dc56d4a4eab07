import type { Client } from '@temporalio/client';
import { relayCallback } from '../../../activities/relay-callback.ts';
import {
  FRIEND_DELETED,
  firstWorkflowId,
  readWorkflowId,
  WORKFLOW_TYPES,
} from '../../../workflows/contract.ts';
import { carrierQuery } from '../accounts/carrier-query.ts';
import { carries } from '../accounts/find-carriers.ts';
import { pagesOfRuns } from '../attention/list-runs.ts';
import { type RedoRequest, toIso } from './redo-request.ts';

/** How many rows a page has. Each row can carry a few KB of memo and accounts. */
const PAGE = 500;

/** The statuses are named so that the database can use its index. "Paused" is not: old servers do not know it. */
const CLOSED = '("Completed", "Failed", "Terminated", "TimedOut", "Canceled", "ContinuedAsNew")';

/**
 * Yields the first workflow id of every delivery with a run that was closed after `since` and began before `until`: a
 * side effect happens between the two. A delivery that continued as new has several runs, and one that was retried has
 * several workflows. It is yielded once, and so its id is kept: some 10 MB for 100,000 deliveries.
 */
export function findFinished(client: Client, request: RedoRequest): AsyncGenerator<string> {
  return firstIds(client, request, finishedQuery(request));
}

/** As `findFinished`, for deliveries with an open workflow. */
export function findOpen(client: Client, request: RedoRequest): AsyncGenerator<string> {
  return firstIds(client, request, openQuery(request));
}

/** How many rows `findFinished` reads: at least as many as there are deliveries. */
export async function countFinished(client: Client, request: RedoRequest): Promise<number> {
  return (await client.workflow.count(finishedQuery(request))).count;
}

async function* firstIds(client: Client, { sought }: RedoRequest, query: string): AsyncGenerator<string> {
  const seen = new Set<string>();
  for await (const page of pagesOfRuns(client, { query, pageSize: PAGE })) {
    for (const run of page) {
      const id = run.execution?.workflowId ?? '';
      const first = firstWorkflowId(id);
      // The delivery itself is what is done again, however often it was done again before.
      if (readWorkflowId(id).redo > 0 || seen.has(first)) continue;
      if (sought && !carries(run, sought)) continue;
      seen.add(first);
      yield first;
    }
  }
}

function finishedQuery(request: RedoRequest): string {
  return `${common(request)} AND ExecutionStatus IN ${CLOSED} AND CloseTime >= "${toIso(request.since)}"`;
}

function openQuery(request: RedoRequest): string {
  return `${common(request)} AND ExecutionStatus NOT IN ${CLOSED}`;
}

function common({ sideEffect, until, sought }: RedoRequest): string {
  // Only the relay has deliveries without pairs.
  const types = sideEffect === relayCallback.name ? WORKFLOW_TYPES : [FRIEND_DELETED];
  const ours = `WorkflowType IN (${types.map((type) => `"${type}"`).join(', ')})`;
  const carriers = sought ? ` AND ${carrierQuery(sought)}` : '';
  return `${ours}${carriers} AND StartTime <= "${toIso(until)}"`;
}
