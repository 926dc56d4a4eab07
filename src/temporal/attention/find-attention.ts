import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import pMap from 'p-map';
import {
  ATTENTION_MEMO,
  type AttentionMemo,
  deliveryName,
  searchAttributes,
} from '../../../workflows/contract.ts';
import { toOperatorError } from '../connect.ts';
import { ABANDONED, WAITING } from './attention-query.ts';
import { isOpen } from './execution.ts';
import { describeChain } from './retry-chain.ts';
import { findTakenUp } from './taken-up.ts';

/** How many rows a page has. Each row can carry a few KB of memo and account names. */
const PAGE = 500;
const CONCURRENCY = 20;

/** A delivery whose side effects stay undone until a person acts. */
export type UndoneDelivery = {
  /** As `retry` and `dismiss` take it: for a redo `<delivery id>/redo-<n>`. */
  deliveryId: string;
  workflowId: string;
  runId: string;
  /**
   * Temporal's own word. `RUNNING`: it waits for a person. `PAUSED`: it goes on once somebody unpauses it. Any other:
   * it is closed, and only a new workflow can go on with it.
   */
  execution: string;
  /** Since when it needs attention or is closed, in ms since the epoch. If it was paused before that: its start. */
  since: number;
  pairs: number;
  /** Parked pairs per side effect. null: the workflow ended before it could tell. Empty: paused with nothing parked. */
  parked: AttentionMemo['parked'] | null;
  errors: AttentionMemo['errors'] | null;
};

/**
 * Lists the deliveries of the whole namespace that need a person, the oldest first. It reads Temporal's lists and
 * queries no workflow. So it needs no worker, and thousands of deliveries cost a few requests.
 *
 * @throws OperatorError when Temporal can't be asked
 */
export async function findAttention(client: Client): Promise<UndoneDelivery[]> {
  try {
    const open = await list(client, WAITING);
    const ended = await withoutTakenUp(client, await list(client, ABANDONED));
    return [...open, ...ended].sort(byAge);
  } catch (error) {
    throw toOperatorError(error);
  }
}

/** Collects rows by run id: pages shift while deliveries come and go, so a run can be on two pages. */
async function list(client: Client, query: string): Promise<UndoneDelivery[]> {
  const found = new Map<string, UndoneDelivery>();
  for await (const row of client.workflow.list({ query, pageSize: PAGE }))
    found.set(row.runId, describe(row));
  return [...found.values()];
}

/**
 * Leaves out what was taken up since. Temporal's lists show most of it in few requests. But lists can be behind, so
 * each remaining workflow is asked about too.
 */
async function withoutTakenUp(client: Client, ended: UndoneDelivery[]): Promise<UndoneDelivery[]> {
  const takenUp = await findTakenUp(
    client,
    ended.map(({ workflowId, runId, since }) => ({ workflowId, runId, closedAt: since })),
  );
  const rest = ended.filter(({ runId }) => !takenUp.has(runId));
  const isNewest = await pMap(rest, (row) => isNewestRun(client, row), { concurrency: CONCURRENCY });
  return rest.filter((_, index) => isNewest[index]);
}

function describe(row: WorkflowExecutionInfo): UndoneDelivery {
  const { workflowId, runId, startTime, closeTime, typedSearchAttributes: attributes } = row;
  const needsAttention = attributes.get(searchAttributes.status) === 'NeedsAttention';
  // If the workflow was closed or paused while it worked, its memo can be out of date.
  const memo = needsAttention ? (row.memo?.[ATTENTION_MEMO] as AttentionMemo | undefined) : undefined;
  const unknown = needsAttention || !isOpen(row.status.name);
  return {
    deliveryId: deliveryName(workflowId),
    workflowId,
    runId,
    execution: row.status.name,
    since: closeTime?.getTime() ?? memo?.since ?? startTime.getTime(),
    pairs: attributes.get(searchAttributes.pairs) ?? 0,
    parked: memo?.parked ?? (unknown ? null : {}),
    errors: memo?.errors ?? (unknown ? null : []),
  };
}

/** Whether nothing came after the run: no retry, and no newer run, such as a reset in the UI makes. */
async function isNewestRun(client: Client, row: UndoneDelivery): Promise<boolean> {
  return (await describeChain(client, row.workflowId))?.newest.runId === row.runId;
}

function byAge(a: UndoneDelivery, b: UndoneDelivery): number {
  return a.since - b.since || (a.workflowId < b.workflowId ? -1 : 1);
}
