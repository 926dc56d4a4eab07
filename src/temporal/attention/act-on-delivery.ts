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
  readWorkflowId,
  searchAttributes,
} from '../../../workflows/contract.ts';
import { OperatorError } from '../../operator-error.ts';
import { describeFailure } from '../connect.ts';
import { actOnClosed } from './act-on-closed.ts';
import { unpauseCommand } from './execution.ts';
import type { Order } from './order.ts';
import { describeChain, type RetryChain } from './retry-chain.ts';

/** How long a worker may take for its answer, in ms. */
const UPDATE_MS = 5_000;

/**
 * What became of it. `workflowId` is the one that goes on with the delivery. `signalled`: it is done once a worker
 * runs, or once somebody unpauses the workflow. `started`: a new workflow retries or dismisses what a closed one left
 * undone, and `already-started` by another caller.
 */
export type ActOutcome = {
  deliveryId: string;
  workflowId: string;
  result: 'retried' | 'dismissed' | 'signalled' | 'started' | 'already-started' | 'nothing' | 'failed';
  /** Side effects of pairs: that it is about, and that stay parked. */
  affected?: number;
  remaining?: number;
  reason?: string;
};

type Done = Omit<ActOutcome, 'deliveryId' | 'workflowId'> & { workflowId?: string };

/** It was closed, or taken up by somebody else, since it was looked at: how it is now decides what to do with it. */
class ChangedMeanwhileError extends Error {
  override message = 'it changed while it was looked at: try again';
}

/** Retries or dismisses what one delivery left undone; never throws, so that one holds up no other. */
export async function actOnDelivery(client: Client, workflowId: string, order: Order): Promise<ActOutcome> {
  const { deliveryId } = readWorkflowId(workflowId);
  const actOnNewest = async (): Promise<ActOutcome> => {
    const chain = await describeChain(client, workflowId);
    if (!chain) throw new OperatorError(`no delivery ${workflowId} in namespace ${client.options.namespace}`);
    return { deliveryId, workflowId: chain.newest.workflowId, ...(await act(client, chain, order)) };
  };
  try {
    return await actOnNewest().catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError || error instanceof ChangedMeanwhileError)
        return actOnNewest();
      throw error;
    });
  } catch (error) {
    return { deliveryId, workflowId, result: 'failed', reason: describeFailure(error) };
  }
}

async function act(client: Client, chain: RetryChain, order: Order): Promise<Done> {
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

/** Temporal refuses updates of a paused workflow, and keeps signals for it. */
async function signalPaused(
  client: Client,
  paused: WorkflowExecutionDescription,
  order: Order,
): Promise<Done> {
  const { workflowId } = paused;
  const { command, input, dryRun } = order;
  if (!dryRun) await client.workflow.getHandle(workflowId).signal<[CommandInput]>(command, input);
  const how = unpauseCommand(workflowId, client.options.namespace);
  const reason = `it is paused: it is done once somebody unpauses it: ${how}`;
  return { result: 'signalled', affected: previewOutcome(paused, order).affected ?? 0, reason };
}

/** Without a word to the workflow: as it was when it last came to wait. */
function previewOutcome(
  { memo, typedSearchAttributes: attributes }: WorkflowExecutionDescription,
  { command, input }: Order,
): Done {
  // While it works again, the memo still tells of what was mended since.
  const waits = attributes.get(searchAttributes.status) === 'NeedsAttention';
  const attention = waits ? (memo?.[ATTENTION_MEMO] as AttentionMemo | undefined) : undefined;
  const meant = Object.entries(attention?.parked ?? {}).filter(
    ([name]) => (input.sideEffect ?? name) === name,
  );
  const affected = meant.reduce((sum, [, count]) => sum + count, 0);
  if (affected === 0) return { result: 'nothing', affected, reason: 'nothing of that is parked' };
  return { result: pastOf(command), affected };
}

async function update(
  client: Client,
  { workflowId }: WorkflowExecutionDescription,
  { command, input }: Order,
): Promise<Done> {
  // Not of one run: it may continue as new.
  const handle = client.workflow.getHandle(workflowId);
  try {
    const answer = await client.withDeadline(Date.now() + UPDATE_MS, () =>
      handle.executeUpdate<CommandAnswer, [CommandInput]>(command, { args: [input] }),
    );
    if (answer.affected > 0) return { result: pastOf(command), ...answer };
    return { result: 'nothing', ...answer, reason: 'nothing of that is parked, or waits to be tried again' };
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw error.cause ?? error;
    if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) throw error;
    // A worker that comes now may do both, which does no harm: what is taken up already is left alone.
    await handle.signal<[CommandInput]>(command, input);
    return { result: 'signalled', reason: 'no worker answered in time: it is done once one runs' };
  }
}

async function followUp(client: Client, chain: RetryChain, order: Order): Promise<Done> {
  const done = await actOnClosed(client, chain, order);
  // A retry does what another caller's would; but what is retried now is not dismissed.
  if (done.result === 'already-started' && order.command === 'dismissFailed')
    throw new ChangedMeanwhileError();
  return done.result === 'nothing' ? { ...done, reason: 'nothing of that is undone' } : done;
}

function pastOf(command: CommandName): 'retried' | 'dismissed' {
  return command === 'retryFailed' ? 'retried' : 'dismissed';
}
