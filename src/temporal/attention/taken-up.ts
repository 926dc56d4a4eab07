import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { firstWorkflowId, readWorkflowId, retryWorkflowId } from '../../../workflows/contract.ts';
import { listRuns, type Run } from './list-runs.ts';

/** A run that is closed; `closedAt` in ms since the epoch. */
export type ClosedRun = { workflowId: string; runId: string; closedAt: number };

/** How many runs one query asks about. The query names all workflow ids that their deliveries can have. */
const RUNS_PER_QUERY = 40;

const { WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW } = proto.temporal.api.enums.v1.WorkflowExecutionStatus;

/**
 * The run ids of those that were taken up: there is a later retry or dismissal, or a newer run, such as a reset in the
 * UI makes. It reads Temporal's lists, so a new workflow counts only a moment after its start.
 */
export async function findTakenUp(client: Client, runs: readonly ClosedRun[]): Promise<Set<string>> {
  const takenUp = new Set<string>();
  for (let first = 0; first < runs.length; first += RUNS_PER_QUERY) {
    const some = runs.slice(first, first + RUNS_PER_QUERY);
    const later = await lastEnds(client, [...new Set(some.flatMap(idsOfDelivery))]);
    for (const { workflowId, runId, closedAt } of some) {
      if ((later.get(firstWorkflowId(workflowId)) ?? 0) > closedAt) takenUp.add(runId);
    }
  }
  return takenUp;
}

/** Counts abandoned deliveries, for a caller that asks again and again. */
export class AbandonedCounter {
  /** Runs that were taken up. They stay so, and need not be asked about again. */
  #takenUp = new Set<string>();

  /** Counts within the first 10,000 runs that the query finds. */
  async count(client: Client, query: string): Promise<number> {
    const runs = (await listRuns(client, query)).map(toClosedRun);
    const unknown = runs.filter(({ runId }) => !this.#takenUp.has(runId));
    const found = await findTakenUp(client, unknown);
    const isTakenUp = ({ runId }: ClosedRun) => found.has(runId) || this.#takenUp.has(runId);
    const takenUp = runs.filter(isTakenUp).map(({ runId }) => runId);
    this.#takenUp = new Set(takenUp);
    return runs.length - takenUp.length;
  }
}

/** When the last workflow of each delivery ended, by the id of its first workflow. Infinity: one is open. */
async function lastEnds(client: Client, workflowIds: readonly string[]): Promise<Map<string, number>> {
  const ends = new Map<string, number>();
  if (workflowIds.length === 0) return ends;
  const query = `WorkflowId IN (${workflowIds.map((id) => `"${id}"`).join(', ')})`;
  for (const row of await listRuns(client, query)) {
    // A run that continued as new is followed by a run that ends later.
    if (row.status === WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW) continue;
    const { workflowId, closedAt } = toClosedRun(row);
    const first = firstWorkflowId(workflowId);
    ends.set(first, Math.max(closedAt, ends.get(first) ?? 0));
  }
  return ends;
}

function toClosedRun({ execution, closeTime }: Run): ClosedRun {
  return {
    workflowId: execution?.workflowId ?? '',
    runId: execution?.runId ?? '',
    closedAt: closeTime
      ? Math.floor(Number(closeTime.seconds) * 1_000 + (closeTime.nanos ?? 0) / 1_000_000)
      : Number.POSITIVE_INFINITY,
  };
}

/** The ids of all workflows that a delivery can have until somebody takes up this one. */
function idsOfDelivery({ workflowId }: ClosedRun): string[] {
  // No id of Unfriend's has these characters, and a query can't contain them.
  if (/["\\]/.test(workflowId)) return [];
  const first = firstWorkflowId(workflowId);
  const { retry } = readWorkflowId(workflowId);
  return [first, ...Array.from({ length: retry + 1 }, (_, index) => retryWorkflowId(first, index + 1))];
}
