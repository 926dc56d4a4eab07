import { status } from '@grpc/grpc-js';
import { type Client, isGrpcServiceError, ServiceError } from '@temporalio/client';
import pMap from 'p-map';
import { firstWorkflowId } from '../../../workflows/contract.ts';
import { OperatorError } from '../../operator-error.ts';
import { isOpen } from '../attention/execution.ts';
import { describeChain } from '../attention/retry-chain.ts';
import { describeFailure, describeRpcError } from '../connect.ts';
import type { CarryingDelivery, RunId } from './plan-erasure.ts';

const CONCURRENCY = 10;

/** What became of one closed delivery. `reopened`: it is open again, because somebody retried it meanwhile. */
type Deleted = { result: 'deleted' } | { result: 'reopened' } | { result: 'failed'; reason: string };

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

async function deleteDelivery(client: Client, { runs }: CarryingDelivery): Promise<Deleted> {
  try {
    if (await hasReopened(client, runs)) return { result: 'reopened' };
    for (const run of runs) await deleteRun(client, run);
    return { result: 'deleted' };
  } catch (error) {
    if (codeOf(error) === status.PERMISSION_DENIED)
      throw new OperatorError(
        `Temporal refuses to delete workflows of the namespace ${client.options.namespace}: ${describeRpcError(error)}. It takes an identity that may write to the namespace. Nothing was deleted in the quarantine.`,
        { cause: error },
      );
    return { result: 'failed', reason: describeFailure(error) };
  }
}

/** Each redo has a chain of retries of its own. */
async function hasReopened(client: Client, runs: readonly RunId[]): Promise<boolean> {
  for (const id of new Set(runs.map(({ workflowId }) => firstWorkflowId(workflowId)))) {
    const chain = await describeChain(client, id);
    if (chain && isOpen(chain.newest.status.name)) return true;
  }
  return false;
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
