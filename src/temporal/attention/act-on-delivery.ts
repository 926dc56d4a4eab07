import {
  type Client,
  type WorkflowExecutionDescription,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import {
  ATTENTION_MEMO,
  type AttentionMemo,
  type CommandAnswer,
  type CommandInput,
  type CommandName,
  deliveryName,
  searchAttributes,
} from '../../../workflows/contract.ts';
import { OperatorError } from '../../operator-error.ts';
import { describeFailure } from '../connect.ts';
import { actOnClosed } from './act-on-closed.ts';
import { unpauseCommand } from './execution.ts';
import type { Order } from './order.ts';
import { describeChain, type RetryChain } from './retry-chain.ts';

/** How often a delivery is looked at that changes each time. */
const MAX_LOOKS = 4;

/** How long a worker may take for its answer, in ms. */
const UPDATE_MS = 5_000;

/**
 * What became of an order for one delivery. `workflowId`: the workflow that goes on with the delivery. `signalled`: the
 * workflow acts once a worker runs, or once somebody unpauses it. `started`: a new workflow retries or dismisses what a
 * closed one left undone. `already-started`: another caller has started that workflow.
 */
export type ActOutcome = {
  /** For a redo `<delivery id>/redo-<n>`. */
  deliveryId: string;
  workflowId: string;
  result: 'retried' | 'dismissed' | 'signalled' | 'started' | 'already-started' | 'nothing' | 'failed';
  /** How many side effects of pairs the order is about. */
  affected?: number;
  /** How many side effects of pairs stay parked. */
  remaining?: number;
  reason?: string;
};

type ActResult = Omit<ActOutcome, 'deliveryId' | 'workflowId'> & { workflowId?: string };

/** Somebody closed or retried the delivery after it was looked at. It must be looked at again. */
class ChangedMeanwhileError extends Error {
  override message = 'the delivery changed meanwhile: try again';
}

/** Retries or dismisses what one delivery left undone. Never throws, so that one delivery does not stop the others. */
export async function actOnDelivery(client: Client, workflowId: string, order: Order): Promise<ActOutcome> {
  const deliveryId = deliveryName(workflowId);
  const actOnNewest = async (): Promise<ActOutcome> => {
    const chain = await describeChain(client, workflowId);
    if (!chain) throw new OperatorError(`no delivery ${workflowId} in namespace ${client.options.namespace}`);
    return { deliveryId, workflowId: chain.newest.workflowId, ...(await act(client, chain, order)) };
  };
  try {
    return await whileItChanges(actOnNewest);
  } catch (error) {
    return { deliveryId, workflowId, result: 'failed', reason: describeFailure(error) };
  }
}

/** Acts anew when the delivery changed meanwhile: a retry by somebody else can start, and can end, at any moment. */
async function whileItChanges(act: () => Promise<ActOutcome>): Promise<ActOutcome> {
  for (let looks = 1; ; looks += 1) {
    try {
      return await act();
    } catch (error) {
      const hasChanged = error instanceof WorkflowNotFoundError || error instanceof ChangedMeanwhileError;
      if (!hasChanged || looks === MAX_LOOKS) throw error;
    }
  }
}

async function act(client: Client, chain: RetryChain, order: Order): Promise<ActResult> {
  const { newest } = chain;
  switch (newest.status.name) {
    case 'RUNNING':
      return order.dryRun ? previewOutcome(newest, order) : update(client, newest, order);
    case 'PAUSED':
      return signalPaused(client, newest, order);
    case 'COMPLETED':
      return { result: 'nothing', reason: 'all of it is done or dismissed' };
    default:
      return followUp(client, chain, order);
  }
}

/** Temporal refuses updates of a paused workflow, but keeps signals until somebody unpauses it. */
async function signalPaused(
  client: Client,
  paused: WorkflowExecutionDescription,
  order: Order,
): Promise<ActResult> {
  const { workflowId } = paused;
  const { command, input, dryRun } = order;
  if (!dryRun) await client.workflow.getHandle(workflowId).signal<[CommandInput]>(command, input);
  const how = unpauseCommand(workflowId, client.options.namespace);
  const reason = `the workflow is paused, and acts on the signal once somebody unpauses it: ${how}`;
  return { result: 'signalled', affected: previewOutcome(paused, order).affected ?? 0, reason };
}

/** What the order would do. Reads the memo and asks nothing: the memo is of when the workflow last began to wait. */
function previewOutcome(
  { memo, typedSearchAttributes: attributes }: WorkflowExecutionDescription,
  { command, input }: Order,
): ActResult {
  // While the workflow works again, its memo is out of date.
  const waits = attributes.get(searchAttributes.status) === 'NeedsAttention';
  const attention = waits ? (memo?.[ATTENTION_MEMO] as AttentionMemo | undefined) : undefined;
  const meant = Object.entries(attention?.parked ?? {}).filter(
    ([name]) => (input.sideEffect ?? name) === name,
  );
  const affected = meant.reduce((sum, [, count]) => sum + count, 0);
  if (affected === 0) return { result: 'nothing', affected, reason: 'no such side effect is parked' };
  return { result: resultOf(command), affected };
}

async function update(
  client: Client,
  { workflowId }: WorkflowExecutionDescription,
  { command, input }: Order,
): Promise<ActResult> {
  // The handle names no run, because the workflow may continue as new.
  const handle = client.workflow.getHandle(workflowId);
  try {
    const answer = await client.withDeadline(Date.now() + UPDATE_MS, () =>
      handle.executeUpdate<CommandAnswer, [CommandInput]>(command, { args: [input] }),
    );
    if (answer.affected > 0) return { result: resultOf(command), ...answer };
    return {
      result: 'nothing',
      ...answer,
      reason: 'no such side effect is parked or waits for its next try',
    };
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw error.cause ?? error;
    if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) throw error;
    // A worker that comes now may handle both the update and the signal. The second one finds nothing left to do.
    await handle.signal<[CommandInput]>(command, input);
    return {
      result: 'signalled',
      reason: 'no worker answered in time: the workflow acts on the signal once a worker runs',
    };
  }
}

async function followUp(client: Client, chain: RetryChain, order: Order): Promise<ActResult> {
  const result = await actOnClosed(client, chain, order);
  // Another caller's retry does the same as this one. But a dismissal must reach the workflow that was started.
  if (result.result === 'already-started' && order.command === 'dismissFailed')
    throw new ChangedMeanwhileError();
  return result.result === 'nothing' ? { ...result, reason: 'no such side effect is undone' } : result;
}

function resultOf(command: CommandName): 'retried' | 'dismissed' {
  return command === 'retryFailed' ? 'retried' : 'dismissed';
}
