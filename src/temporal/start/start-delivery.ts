import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
} from '@temporalio/client';
import {
  ACCOUNTS_CUT_MEMO,
  type Delivery,
  type DeliveryPlan,
  describePairs,
  type FriendDeletedInput,
  indexedAccounts,
  type Pair,
  searchAttributes,
  WORKFLOW_TYPE,
  workflowId,
} from '../../../workflows/contract.ts';
import {
  type Chosen,
  isSameCallback,
  type KnownKey,
  type Starter,
  type StartOutcome,
} from '../../callback/delivery-id.ts';
import type { TraceParent } from '../../telemetry/tracing.ts';
import type { FreshStarts } from './fresh-starts.ts';
import type { TraceStarts } from './trace-starts.ts';

/** What every delivery of this process is started with. */
export type StartOptions = {
  taskQueue: string;
  plan: DeliveryPlan;
  indexAccounts: boolean;
  /** The one whose interceptor the client has; absent: nobody traces. */
  traceStarts?: TraceStarts | undefined;
};

/** `trace`: what the callback belongs to. */
export type DeliveryToStart = Chosen & { delivery: Delivery; pairs: Pair[]; trace?: TraceParent };

/** Starts workflows, one a delivery however often it is asked to. */
export class DeliveryStarter implements Starter<DeliveryToStart> {
  readonly #client: Client;
  readonly #freshStarts: FreshStarts;
  readonly #options: StartOptions;

  /** @param freshStarts the one whose interceptor the client's connection has */
  constructor(client: Client, freshStarts: FreshStarts, options: StartOptions) {
    this.#client = client;
    this.#freshStarts = freshStarts;
    this.#options = options;
  }

  /** Returns once Temporal has the workflow. Throws whatever kept Temporal from it. */
  start(toStart: DeliveryToStart): Promise<StartOutcome> {
    const { traceStarts } = this.#options;
    if (!traceStarts) return this.#start(toStart);
    const { delivery, trace: parent } = toStart;
    const { deliveryId } = delivery;
    return traceStarts.trace({ workflowId: workflowId(delivery), deliveryId, parent }, () =>
      this.#start(toStart),
    );
  }

  async #start(toStart: DeliveryToStart): Promise<StartOutcome> {
    const { delivery, pairs, origin, bodyHash } = toStart;
    const { plan, taskQueue, indexAccounts } = this.#options;
    const input: FriendDeletedInput = { delivery, pairs, plan };
    try {
      const handle = await this.#client.workflow.start(WORKFLOW_TYPE, {
        ...startOptions(input, { taskQueue, origin, bodyHash, indexAccounts }),
        workflowId: workflowId(delivery),
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      });
      if (this.#freshStarts.take(handle.firstExecutionRunId)) return 'started';
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    return this.#compare(toStart);
  }

  async look(toStart: DeliveryToStart): Promise<'absent' | 'existing' | 'other-callback'> {
    try {
      return await this.#compare(toStart);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return 'absent';
      throw error;
    }
  }

  async #compare({ delivery, ...key }: DeliveryToStart): Promise<'existing' | 'other-callback'> {
    const { memo } = await this.#client.workflow.getHandle(workflowId(delivery)).describe();
    const known = memo as Partial<KnownKey> | undefined;
    // Without a hash somebody started it by hand.
    if (known?.bodyHash === undefined) return 'existing';
    return isSameCallback({ ...known, bodyHash: known.bodyHash }, key) ? 'existing' : 'other-callback';
  }
}

/** How a delivery's workflow is started, whether it is the first one or goes on with a closed one; all but its id. */
export function startOptions(
  input: FriendDeletedInput,
  about: {
    taskQueue: string;
    bodyHash: string | undefined;
    origin?: string | undefined;
    indexAccounts: boolean;
  },
) {
  const { pairs } = input;
  const { taskQueue, bodyHash, origin, indexAccounts } = about;
  const indexed = indexAccounts ? indexedAccounts(pairs) : undefined;
  return {
    args: [input],
    taskQueue,
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    memo: {
      bodyHash,
      ...(origin !== undefined && { origin }),
      ...(indexed?.isCut && { [ACCOUNTS_CUT_MEMO]: true }),
    },
    staticSummary: describePairs(pairs),
    typedSearchAttributes: [
      { key: searchAttributes.status, value: 'Running' },
      { key: searchAttributes.pairs, value: pairs.length },
      ...(indexed ? [{ key: searchAttributes.accounts, value: indexed.accounts }] : []),
    ],
  };
}
