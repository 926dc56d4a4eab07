import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { type Client, isGrpcServiceError, ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import pMap from 'p-map';
import { OperatorError } from '../../operator-error.ts';
import { describeFailure } from '../connect.ts';
import { isOpen } from '../attention/execution.ts';
import { describeChain } from '../attention/retry-chain.ts';
import { carrierQuery } from './carrier-query.ts';
import { findCarriers } from './find-carriers.ts';
import type { CarryingDelivery, RunId } from './plan-erasure.ts';
import type { SoughtAccount } from './sought-account.ts';

const CONCURRENCY = 10;

/** The server deletes in the background. It is given up on if nothing more is gone for this long, in ms. */
const STALLED_MS = 60_000;
const POLL_MS = 500;

/** What became of one closed delivery. `reopened`: it is open again, because somebody retried it meanwhile. */
type Deleted = { result: 'deleted' | 'reopened' } | { result: 'failed'; reason: string };

export type DeletionReport = {
  /** The runs that the server took to delete, or had deleted before. */
  taken: RunId[];
  reopened: number;
  failures: { workflowId: string; reason: string }[];
};

/**
 * Has the server delete every run of these deliveries. One that fails does not stop the others.
 *
 * @param onDone is called once per delivery
 * @throws OperatorError if there is no right to delete
 */
export async function deleteDeliveries(
  client: Client,
  closed: readonly CarryingDelivery[],
  onDone: () => void,
): Promise<DeletionReport> {
  const report: DeletionReport = { taken: [], reopened: 0, failures: [] };
  const deleteOne = async (delivery: CarryingDelivery) => {
    const deleted = await deleteDelivery(client, delivery);
    if (deleted.result === 'deleted') report.taken.push(...delivery.runs);
    else if (deleted.result === 'reopened') report.reopened += 1;
    else report.failures.push({ workflowId: delivery.firstId, reason: deleted.reason });
    onDone();
  };
  await pMap(closed, deleteOne, { concurrency: CONCURRENCY });
  return report;
}

async function deleteDelivery(client: Client, { firstId, runs }: CarryingDelivery): Promise<Deleted> {
  try {
    const chain = await describeChain(client, firstId);
    if (chain && isOpen(chain.newest.status.name)) return { result: 'reopened' };
    for (const run of runs) await deleteRun(client, run);
    return { result: 'deleted' };
  } catch (error) {
    if (codeOf(error) === status.PERMISSION_DENIED)
      throw new OperatorError(
        `Temporal refuses to delete workflows of the namespace ${client.options.namespace}: ${describeFailure(error)} Use an identity that may write to the namespace.`,
        { cause: error },
      );
    return { result: 'failed', reason: describeFailure(error) };
  }
}

async function deleteRun(client: Client, workflowExecution: RunId): Promise<void> {
  const { namespace } = client.options;
  try {
    await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
  } catch (error) {
    if (codeOf(error) !== status.NOT_FOUND) throw error;
  }
}

function codeOf(error: unknown): number | undefined {
  const cause = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(cause) ? cause.code : undefined;
}

type Wait = { runs: readonly RunId[]; sought: SoughtAccount; onGone: (gone: number) => void };

/**
 * Waits until the runs are neither in the server's lists nor in its histories.
 *
 * @returns how many still are, after some time in which nothing more was gone
 */
export async function waitUntilGone(client: Client, { runs, sought, onGone }: Wait): Promise<number> {
  let left = [...runs];
  let deadline = Date.now() + STALLED_MS;
  while (left.length > 0) {
    const listed = await listedRuns(client, sought);
    const known = await pMap(left, (run) => listed.has(run.runId) || isKnown(client, run), {
      concurrency: CONCURRENCY,
    });
    const still = left.filter((_, index) => known[index]);
    if (still.length < left.length) deadline = Date.now() + STALLED_MS;
    left = still;
    onGone(runs.length - left.length);
    if (left.length === 0 || Date.now() > deadline) break;
    await delay(POLL_MS);
  }
  return left.length;
}

async function listedRuns(client: Client, sought: SoughtAccount): Promise<Set<string>> {
  const listed = new Set<string>();
  for await (const { execution } of findCarriers(client, sought, carrierQuery(sought)))
    if (execution?.runId) listed.add(execution.runId);
  return listed;
}

async function isKnown(client: Client, { workflowId, runId }: RunId): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId, runId).describe();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
