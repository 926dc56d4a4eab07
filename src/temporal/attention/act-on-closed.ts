import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  WorkflowIdConflictPolicy,
} from '@temporalio/client';
import { composeDismissal } from '../../../workflows/compose-dismissal.ts';
import { composeRetry } from '../../../workflows/compose-retry.ts';
import { ACCOUNTS_CUT_MEMO, searchAttributes, workflowTypeOf } from '../../../workflows/contract.ts';
import type { AnyDeliveryInput } from '../../../workflows/planning/plan-delivery.ts';
import { startOptions } from '../start/start-delivery.ts';
import type { Order } from './order.ts';
import { readClosed } from './read-closed.ts';
import type { RetryChain } from './retry-chain.ts';

/**
 * `affected`: how many side effects of pairs the new workflow does or gives up. `remaining`: how many stay parked in
 * it. `already-started`: somebody else has started it before.
 */
export type FollowUp = {
  workflowId: string;
  affected: number;
  remaining?: number;
  result: 'started' | 'already-started' | 'nothing';
};

/**
 * Starts a new workflow that does, or gives up, what a closed delivery left undone. Only one workflow can take its id,
 * no matter who asks and how often. A workflow that gives up everything runs no side effect and is done at once. It
 * records who settled the delivery and why, because nobody can change a closed workflow in Temporal.
 *
 * @throws OperatorError when nobody can tell what is undone
 */
export async function actOnClosed(
  client: Client,
  { newest: closed, nextId }: RetryChain,
  { command, input: given, dryRun }: Order,
): Promise<FollowUp> {
  const compose = command === 'retryFailed' ? composeRetry : composeDismissal;
  const { input, ...counts } = compose(await readClosed(client, closed), given, Date.now());
  if (counts.affected === 0) return { workflowId: closed.workflowId, ...counts, result: 'nothing' };
  try {
    if (!dryRun)
      await client.workflow.start(workflowTypeOf(input.delivery), {
        ...followUpOptions(closed, input),
        workflowId: nextId,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
      });
    return { workflowId: nextId, ...counts, result: 'started' };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return { workflowId: nextId, ...counts, result: 'already-started' };
  }
}

/**
 * The new workflow has all pairs of the closed one, so it is found by what the closed one is found by: names, or hashes
 * by a key that may no longer be the first one.
 */
export function followUpOptions(closed: WorkflowExecutionDescription, input: AnyDeliveryInput) {
  const { taskQueue, memo, typedSearchAttributes: attributes } = closed;
  const bodyHash = memo?.bodyHash as string | undefined;
  const options = startOptions(input, { taskQueue, bodyHash, indexAccounts: false });
  const accounts = attributes.get(searchAttributes.accounts);
  if (!accounts) return options;
  return {
    ...options,
    memo: { ...options.memo, ...(memo?.[ACCOUNTS_CUT_MEMO] === true && { [ACCOUNTS_CUT_MEMO]: true }) },
    typedSearchAttributes: [
      ...options.typedSearchAttributes,
      { key: searchAttributes.accounts, value: accounts },
    ],
  };
}
