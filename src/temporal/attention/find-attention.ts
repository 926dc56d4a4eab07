import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import pMap from 'p-map';
import {
  ATTENTION_MEMO,
  type AttentionMemo,
  readWorkflowId,
  searchAttributes,
} from '../../../workflows/contract.ts';
import { toOperatorError } from '../connect.ts';
import { ENDED_UNDONE, WAITS } from './attention-query.ts';
import { isOpen } from './execution.ts';
import { describeChain } from './retry-chain.ts';
import { findTakenUp } from './taken-up.ts';

/** Each row may bring a few KB of memo and accounts along. */
const PAGE = 500;
const CONCURRENCY = 20;

/** A delivery whose side effects stay undone until a person acts. */
export type Undone = {
  deliveryId: string;
  workflowId: string;
  runId: string;
  /**
   * Temporal's own word: `RUNNING` waits for a person, `PAUSED` goes on once somebody unpauses it; the others are
   * closed, and only a new workflow goes on with them.
   */
  execution: string;
  /** Since when it needs attention or is closed; of one that was paused before, its start. In ms since the epoch. */
  since: number;
  pairs: number;
  /** Pairs, by side effect; null: the workflow ended before it could say. Empty: it was paused with nothing parked. */
  parked: AttentionMemo['parked'] | null;
  errors: AttentionMemo['errors'] | null;
};

/**
 * Lists what needs a person, the oldest first, of the whole namespace. From what Temporal's lists bring along alone:
 * no workflow is queried, so no worker is needed, and thousands of them are a few requests.
 *
 * @throws OperatorError when Temporal can't be asked
 */
export async function findAttention(client: Client): Promise<Undone[]> {
  try {
    const open = await list(client, WAITS);
    const ended = await withoutTakenUp(client, await list(client, ENDED_UNDONE));
    return [...open, ...ended].sort(byAge);
  } catch (error) {
    throw toOperatorError(error);
  }
}

/** By run, as pages shift while deliveries come and go. */
async function list(client: Client, query: string): Promise<Undone[]> {
  const found = new Map<string, Undone>();
  for await (const row of client.workflow.list({ query, pageSize: PAGE }))
    found.set(row.runId, describe(row));
  return [...found.values()];
}

/** Lists tell of most that is taken up, many with one request; of the rest each workflow, as lists can be behind. */
async function withoutTakenUp(client: Client, ended: Undone[]): Promise<Undone[]> {
  const takenUp = await findTakenUp(
    client,
    ended.map(({ workflowId, runId, since }) => ({ workflowId, runId, closedAt: since })),
  );
  const rest = ended.filter(({ runId }) => !takenUp.has(runId));
  const left = await pMap(rest, (row) => isLeft(client, row), { concurrency: CONCURRENCY });
  return rest.filter((_, index) => left[index]);
}

function describe(row: WorkflowExecutionInfo): Undone {
  const { workflowId, runId, startTime, closeTime, typedSearchAttributes: attributes } = row;
  const needsAttention = attributes.get(searchAttributes.status) === 'NeedsAttention';
  // Of one that was closed or paused while it worked, the memo may tell of what was mended since.
  const memo = needsAttention ? (row.memo?.[ATTENTION_MEMO] as AttentionMemo | undefined) : undefined;
  const unknown = needsAttention || !isOpen(row.status.name);
  return {
    deliveryId: readWorkflowId(workflowId).deliveryId,
    ...{ workflowId, runId, execution: row.status.name },
    since: closeTime?.getTime() ?? memo?.since ?? startTime.getTime(),
    pairs: attributes.get(searchAttributes.pairs) ?? 0,
    parked: memo?.parked ?? (unknown ? null : {}),
    errors: memo?.errors ?? (unknown ? null : []),
  };
}

/** Whether nothing goes on with it: no retry of it, and no newer run, as a reset in the UI makes. */
async function isLeft(client: Client, row: Undone): Promise<boolean> {
  return (await describeChain(client, row.workflowId))?.newest.runId === row.runId;
}

function byAge(a: Undone, b: Undone): number {
  return a.since - b.since || (a.workflowId < b.workflowId ? -1 : 1);
}
