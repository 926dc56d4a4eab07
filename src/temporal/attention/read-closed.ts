import { type Client, type WorkflowExecutionDescription, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { FinishedDelivery } from '../../../workflows/compose-redo.ts';
import type { ClosedDelivery } from '../../../workflows/compose-retry.ts';
import { type CarriedState, carriedQuery, SIDE_EFFECTS_ABANDONED } from '../../../workflows/contract.ts';
import type { DeliveryResult } from '../../../workflows/delivery/delivery-run.ts';
import type { AnyDeliveryInput } from '../../../workflows/planning/plan-delivery.ts';
import { OperatorError } from '../../operator-error.ts';
import { describeFailure } from '../connect.ts';
import { fromPayload } from '../data-converter.ts';
import { describeExecution } from './execution.ts';

const HISTORY_MS = 5_000;

/**
 * The input of a closed workflow, and how far the workflow came.
 *
 * @throws OperatorError when nobody can tell what is undone: after a termination only a worker can
 */
export async function readClosed(
  client: Client,
  closed: WorkflowExecutionDescription,
): Promise<ClosedDelivery> {
  const input = await readInput(client, closed);
  return { input, carried: await readCarried(client, closed, input) };
}

/**
 * As `readClosed`, for those who need to know what is done of one side effect. A workflow that has completed says so by
 * itself, unless something was dismissed. So most need no worker.
 *
 * @returns undefined if the delivery does not have the side effect
 * @throws OperatorError when nobody can tell what is done
 */
export async function readFinished(
  client: Client,
  closed: WorkflowExecutionDescription,
  sideEffect: string,
): Promise<FinishedDelivery | undefined> {
  const input = await readInput(client, closed);
  if (!input.plan.sideEffects.some(({ name }) => name === sideEffect)) return undefined;
  if (closed.status.name === 'COMPLETED' && !(await hasDismissed(client, closed, sideEffect)))
    return { input };
  return { input, carried: await readCarried(client, closed, input) };
}

/** Whether the workflow's result says that some of the side effect was dismissed. */
async function hasDismissed(
  client: Client,
  { workflowId, runId }: WorkflowExecutionDescription,
  sideEffect: string,
): Promise<boolean> {
  const { sideEffects } = await withHistoryDeadline(client, () =>
    client.workflow.result<() => Promise<DeliveryResult>>(workflowId, runId, { followRuns: false }),
  );
  return (sideEffects[sideEffect]?.dismissed ?? 0) > 0;
}

/** The input of the workflow's last run. It holds what earlier runs had done. */
export async function readInput(
  client: Client,
  { workflowId, runId }: WorkflowExecutionDescription,
): Promise<AnyDeliveryInput> {
  const { namespace } = client.options;
  const { history } = await withHistoryDeadline(client, () =>
    client.workflowService.getWorkflowExecutionHistory({
      namespace,
      execution: { workflowId, runId },
      maximumPageSize: 1,
    }),
  );
  const [payload] = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  if (!payload) throw new OperatorError("Temporal no longer has the workflow's input");
  return fromPayload<AnyDeliveryInput>(client, payload);
}

async function readCarried(
  client: Client,
  closed: WorkflowExecutionDescription,
  input: AnyDeliveryInput,
): Promise<CarriedState> {
  const fromFailure = closed.status.name === 'FAILED' ? await readFailure(client, closed) : undefined;
  if (fromFailure) return fromFailure;
  const handle = client.workflow.getHandle(closed.workflowId, closed.runId);
  try {
    return await handle.query(carriedQuery);
  } catch (error) {
    const { events } = await withHistoryDeadline(client, () => handle.fetchHistory());
    const hasRun = events?.some(({ workflowTaskCompletedEventAttributes: task }) => task);
    if (!hasRun) return input.carried ?? { sideEffects: {}, errors: [] };
    throw new OperatorError(
      `the workflow is ${describeExecution(closed.status.name)}, and no worker answered what it left undone (${describeFailure(error)}): start a worker, then try again`,
    );
  }
}

/** Requests for a history have no deadline of their own, because they may wait for new events. */
function withHistoryDeadline<T>(client: Client, request: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + HISTORY_MS, request);
}

/** What the workflow's failure holds, if the workflow gave up by itself; else undefined. */
async function readFailure(
  client: Client,
  { workflowId, runId }: WorkflowExecutionDescription,
): Promise<CarriedState | undefined> {
  try {
    await withHistoryDeadline(client, () => client.workflow.result(workflowId, runId, { followRuns: false }));
    return undefined;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    if (!(cause instanceof ApplicationFailure && cause.type === SIDE_EFFECTS_ABANDONED)) return undefined;
    return cause.details?.[1] as CarriedState | undefined;
  }
}
