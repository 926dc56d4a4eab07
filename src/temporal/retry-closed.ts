import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  WorkflowIdConflictPolicy,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { composeRetry } from '../../workflows/compose-retry.ts';
import {
  type CarriedState,
  carriedQuery,
  type FriendDeletedInput,
  type RetryFailedInput,
  SIDE_EFFECTS_ABANDONED,
  searchAttributes,
  WORKFLOW_TYPE,
} from '../../workflows/contract.ts';
import { OperatorError } from '../operator-error.ts';
import { reasonOf } from './connect.ts';
import type { RetryChain } from './retry-chain.ts';
import { startOptions } from './start-delivery.ts';

const HISTORY_MS = 5_000;

/** `affected`: how many side effects of pairs it is about. `already-started`: somebody else was quicker. */
export type ClosedRetry = {
  workflowId: string;
  affected: number;
  result: 'started' | 'already-started' | 'nothing';
};

/**
 * Goes on with what a closed delivery left undone, in a workflow of its own. Whoever asks for it and however often:
 * its id is taken once.
 *
 * @throws OperatorError when nobody can tell what is undone: only a worker knows that of one that was terminated
 */
export async function retryClosed(
  client: Client,
  { newest: closed, nextId }: RetryChain,
  { command, dryRun }: { command: RetryFailedInput; dryRun: boolean },
): Promise<ClosedRetry> {
  const before = await readInput(client, closed);
  const carried = await readCarried(client, closed, before);
  const { input, affected } = composeRetry({ input: before, carried }, command, Date.now());
  if (affected === 0) return { workflowId: closed.workflowId, affected, result: 'nothing' };
  const { taskQueue, memo, typedSearchAttributes: attributes } = closed;
  const { bodyHash, origin } = (memo ?? {}) as { bodyHash?: string; origin?: string };
  const indexAccounts = attributes.get(searchAttributes.accounts) !== undefined;
  try {
    if (!dryRun)
      await client.workflow.start(WORKFLOW_TYPE, {
        ...startOptions(input, { taskQueue, bodyHash, origin, indexAccounts }),
        workflowId: nextId,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
      });
    return { workflowId: nextId, affected, result: 'started' };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return { workflowId: nextId, affected, result: 'already-started' };
  }
}

/** Of its last run, whose input has what earlier ones had reached. */
async function readInput(
  client: Client,
  { workflowId, runId }: WorkflowExecutionDescription,
): Promise<FriendDeletedInput> {
  const { namespace, loadedDataConverter } = client.options;
  const { history } = await inTime(client, () =>
    client.workflowService.getWorkflowExecutionHistory({
      ...{ namespace, execution: { workflowId, runId }, maximumPageSize: 1 },
    }),
  );
  const [payload] = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  if (!payload) throw new OperatorError('Temporal does not keep what it was started with any more');
  return loadedDataConverter.payloadConverter.fromPayload<FriendDeletedInput>(payload);
}

async function readCarried(
  client: Client,
  closed: WorkflowExecutionDescription,
  input: FriendDeletedInput,
): Promise<CarriedState> {
  const told = closed.status.name === 'FAILED' ? await readFailure(client, closed) : undefined;
  if (told) return told;
  const handle = client.workflow.getHandle(closed.workflowId, closed.runId);
  try {
    return await handle.query(carriedQuery);
  } catch (error) {
    const { events } = await inTime(client, () => handle.fetchHistory());
    const hasRun = events?.some(({ workflowTaskCompletedEventAttributes: task }) => task);
    if (!hasRun) return input.carried ?? { sideEffects: {}, errors: [] };
    throw new OperatorError(
      `it was ${closed.status.name.toLowerCase()}, and no worker answered what it left undone (${reasonOf(error)}): run one, then retry`,
    );
  }
}

/** Requests for a history have no deadline of their own: they may wait for it to go on. */
function inTime<T>(client: Client, request: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + HISTORY_MS, request);
}

/** What a delivery says as it gives up. */
async function readFailure(
  client: Client,
  { workflowId, runId }: WorkflowExecutionDescription,
): Promise<CarriedState | undefined> {
  try {
    await inTime(client, () => client.workflow.result(workflowId, runId, { followRuns: false }));
    return undefined;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    if (!(cause instanceof ApplicationFailure && cause.type === SIDE_EFFECTS_ABANDONED)) return undefined;
    return cause.details?.[1] as CarriedState | undefined;
  }
}
