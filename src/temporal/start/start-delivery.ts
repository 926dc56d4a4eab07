import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { relayCallback } from '../../../activities/relay-callback.ts';
import {
  ACCOUNTS_CUT_MEMO,
  type Delivery,
  type DeliveryPlan,
  FRIEND_DELETED,
  indexedAccounts,
  type Pair,
  type PlannedSideEffect,
  type RelayedCallback,
  searchAttributes,
  workflowId,
  workflowTypeOf,
} from '../../../workflows/contract.ts';
import { type AnyDeliveryInput, planDelivery } from '../../../workflows/planning/plan-delivery.ts';
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

/** In the plan of a delivery that has a callback for the endpoint. */
const RELAY_CALLBACK: PlannedSideEffect = { name: relayCallback.name, per: relayCallback.per };

/** What every delivery of this process is started with. */
export type StartOptions = {
  taskQueue: string;
  plan: DeliveryPlan;
  indexAccounts: boolean;
  /** The one whose interceptor the client has; absent: nobody traces. */
  traceStarts?: TraceStarts | undefined;
};

/** `trace`: what the callback belongs to. The other fields are those of a pending delivery. */
export type DeliveryToStart = Chosen & {
  delivery: Delivery;
  pairs: Pair[];
  callback?: RelayedCallback;
  isProcessed?: boolean;
  trace?: TraceParent;
};

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
    const { delivery, origin, bodyHash } = toStart;
    const { plan, taskQueue, indexAccounts } = this.#options;
    const input = composeInput(toStart, plan);
    try {
      const handle = await this.#client.workflow.start(workflowTypeOf(delivery), {
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

function composeInput(
  { delivery, pairs, callback, isProcessed = true }: DeliveryToStart,
  plan: DeliveryPlan,
): AnyDeliveryInput {
  const sideEffects = [...(isProcessed ? plan.sideEffects : []), ...(callback ? [RELAY_CALLBACK] : [])];
  const common = { delivery, plan: { ...plan, sideEffects } };
  if (workflowTypeOf(delivery) === FRIEND_DELETED) return { ...common, pairs, ...(callback && { callback }) };
  if (!callback) throw new TypeError('a delivery without pairs needs its callback');
  return { ...common, callback };
}

/** How a delivery's workflow is started, whether it is the first one or goes on with a closed one; all but its id. */
export function startOptions(
  input: AnyDeliveryInput,
  about: {
    taskQueue: string;
    bodyHash: string | undefined;
    origin?: string | undefined;
    indexAccounts: boolean;
  },
) {
  const { title, pairs } = planDelivery(input);
  const { taskQueue, bodyHash, origin, indexAccounts } = about;
  const indexed = indexAccounts && pairs.length > 0 ? indexedAccounts(pairs) : undefined;
  return {
    args: [input],
    taskQueue,
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    memo: {
      bodyHash,
      ...(origin !== undefined && { origin }),
      ...(indexed?.isCut && { [ACCOUNTS_CUT_MEMO]: true }),
    },
    staticSummary: title,
    typedSearchAttributes: [
      { key: searchAttributes.status, value: 'Running' },
      { key: searchAttributes.pairs, value: pairs.length },
      ...(indexed ? [{ key: searchAttributes.accounts, value: indexed.accounts }] : []),
    ],
  };
}
