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
import { KeyRing } from '../../encryption/key-ring.ts';
import type { PayloadKey } from '../../encryption/payload-keys.ts';
import type { TraceParent } from '../../telemetry/tracing.ts';
import type { FreshStarts } from './fresh-starts.ts';
import type { TraceStarts } from './trace-starts.ts';

/** Added to the plan of a delivery whose callback is relayed. */
const RELAY_CALLBACK: PlannedSideEffect = { name: relayCallback.name, per: relayCallback.per };

/** How this process starts every delivery. */
export type StartOptions = {
  taskQueue: string;
  plan: DeliveryPlan;
  indexAccounts: boolean;
  /** Search attributes hold hashes by the first of these keys. Absent: they hold names. */
  hashKeys?: readonly PayloadKey[] | undefined;
  /** The one whose interceptor the client has; absent: no trace is passed on. */
  traceStarts?: TraceStarts | undefined;
};

/** `trace`: where the callback's trace continues. The other fields are those of a pending delivery. */
export type DeliveryToStart = Chosen & {
  delivery: Delivery;
  pairs: Pair[];
  callback?: RelayedCallback;
  isProcessed?: boolean;
  trace?: TraceParent;
};

/** Starts one workflow per delivery, however often it is called for the delivery. */
export class DeliveryStarter implements Starter<DeliveryToStart> {
  readonly #client: Client;
  readonly #freshStarts: FreshStarts;
  readonly #options: StartOptions;
  readonly #ring: KeyRing | undefined;

  /** @param freshStarts the one whose interceptor the client's connection has */
  constructor(client: Client, freshStarts: FreshStarts, options: StartOptions) {
    this.#client = client;
    this.#freshStarts = freshStarts;
    this.#options = options;
    this.#ring = options.hashKeys && new KeyRing(options.hashKeys);
  }

  /** Resolves once Temporal has the workflow. Throws the error that prevented it. */
  start(toStart: DeliveryToStart): Promise<StartOutcome> {
    const { traceStarts } = this.#options;
    const { delivery, trace } = toStart;
    if (!traceStarts || trace === undefined) return this.#start(toStart);
    return traceStarts.passOn(trace, workflowId(delivery), () => this.#start(toStart));
  }

  async #start(toStart: DeliveryToStart): Promise<StartOutcome> {
    const { delivery, origin, bodyHash } = toStart;
    const { plan, taskQueue, indexAccounts } = this.#options;
    const input = composeInput(toStart, plan);
    const ring = this.#ring;
    const hashAccount = ring && ((account: string) => ring.hashAccount(account));
    try {
      const handle = await this.#client.workflow.start(workflowTypeOf(delivery), {
        ...startOptions(input, { taskQueue, origin, bodyHash, indexAccounts, hashAccount }),
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
    // A workflow without a hash was started by hand.
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

/** The start options of a delivery's workflow without its id, for the first workflow as well as for a retry. */
export function startOptions(
  input: AnyDeliveryInput,
  about: {
    taskQueue: string;
    bodyHash: string | undefined;
    origin?: string | undefined;
    indexAccounts: boolean;
    /** Absent: accounts are indexed by their names. */
    hashAccount?: ((account: string) => string) | undefined;
  },
) {
  const { title, pairs } = planDelivery(input);
  const { taskQueue, bodyHash, origin, indexAccounts, hashAccount } = about;
  const indexed = indexAccounts && pairs.length > 0 ? indexedAccounts(pairs, hashAccount) : undefined;
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
