import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
} from '@temporalio/client';
import { composeRedo, type RedoInput } from '../../../workflows/compose-redo.ts';
import {
  REDO_MEMO,
  type RedoMemo,
  readWorkflowId,
  redoWorkflowId,
  workflowTypeOf,
} from '../../../workflows/contract.ts';
import { planDelivery } from '../../../workflows/planning/plan-delivery.ts';
import { shorten } from '../../../workflows/text.ts';
import { followUpOptions } from '../attention/act-on-closed.ts';
import { isOpen } from '../attention/execution.ts';
import { readFinished } from '../attention/read-closed.ts';
import { describeChain, describeIfKnown, type RetryChain } from '../attention/retry-chain.ts';
import { listRedos } from './list-redos.ts';

/** Temporal refuses much longer ones. */
const MAX_SUMMARY_LENGTH = 120;

/** `turn`: resolves when one more workflow may be started. `dryRun`: starts nothing. */
export type RedoOrder = {
  memo: RedoMemo;
  input: RedoInput;
  dryRun: boolean;
  turn?: () => Promise<void>;
};

/**
 * What became of one delivery. `already`: this request has started its redo before, or somebody else did just now.
 * `nothing`: nothing of the side effect was done, or Temporal has deleted the delivery. `affected`: pairs.
 */
export type RedoOutcome =
  | { result: 'started'; workflowId: string; affected: number }
  | { result: 'already'; workflowId: string }
  | { result: 'open' | 'nothing' };

/**
 * Starts the workflow that does the side effect of a delivery again, once per request: two people who ask at the same
 * time want the same id, and only one of them gets it.
 *
 * @param first the id of the delivery's first workflow
 * @throws OperatorError when nobody can tell what was done
 */
export async function redoDelivery(client: Client, first: string, order: RedoOrder): Promise<RedoOutcome> {
  const chain = await describeChain(client, first);
  if (!chain) return { result: 'nothing' };
  if (isOpen(chain.newest.status.name)) return { result: 'open' };
  const last = chain.isGivenKnown ? 0 : await lastRedo(client, first);
  for (let count = 1; ; ) {
    const workflowId = redoWorkflowId(first, count);
    const known = await describeIfKnown(client, workflowId);
    const memo = known?.memo?.[REDO_MEMO] as RedoMemo | undefined;
    if (memo?.request === order.memo.request) return { result: 'already', workflowId };
    if (!known && count > last) {
      const outcome = await start(client, { chain, workflowId }, order);
      if (outcome !== 'taken') return outcome;
      // Somebody else has just taken the id, for this request or for another one: look at it again.
    } else count += 1;
  }
}

/**
 * Temporal deletes workflows in the order in which they were closed. So an earlier redo can be gone while a later one is
 * there, but only if the delivery's first workflow is gone too. Then ids below the last redo are never taken again.
 */
async function lastRedo(client: Client, first: string): Promise<number> {
  const redos = await listRedos(client, first);
  return Math.max(0, ...redos.map(({ workflowId }) => readWorkflowId(workflowId).redo));
}

type NewRedo = { chain: RetryChain; workflowId: string };

async function start(
  client: Client,
  { chain: { newest }, workflowId }: NewRedo,
  { memo, input: given, dryRun, turn }: RedoOrder,
): Promise<RedoOutcome | 'taken'> {
  const finished = await readFinished(client, newest, given.sideEffect);
  const composed = finished && composeRedo(finished, given, Date.now());
  if (!composed) return { result: 'nothing' };
  const { input, affected } = composed;
  const started = { result: 'started', workflowId, affected } as const;
  if (dryRun) return started;
  await turn?.();
  const options = followUpOptions(newest, input);
  try {
    await client.workflow.start(workflowTypeOf(input.delivery), {
      ...options,
      memo: { ...options.memo, [REDO_MEMO]: memo },
      staticSummary: shorten(`${given.sideEffect} again: ${planDelivery(input).title}`, MAX_SUMMARY_LENGTH),
      workflowId,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
    });
    return started;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return 'taken';
    throw error;
  }
}
