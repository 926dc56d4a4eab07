import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import pMap from 'p-map';
import { Pacer } from '../../../activities/backends/net/pacer.ts';
import type { CommandInput } from '../../../workflows/contract.ts';
import { describeFailure } from '../connect.ts';
import { type ActOutcome, actOnDelivery } from './act-on-delivery.ts';
import type { UndoneDelivery } from './find-attention.ts';
import type { Order } from './order.ts';

const CONCURRENCY = 10;

/** `rate`: at most this many deliveries per second. `onDone` is called once per delivery. */
export type BulkOptions = { rate?: number | undefined; onDone?: (outcome: ActOutcome) => void };

/** Acts on each delivery separately, in any order. The outcomes come back in the order of `workflowIds`. */
export function actOnEach(
  client: Client,
  { workflowIds, order }: { workflowIds: readonly string[]; order: Order },
  options: BulkOptions = {},
): Promise<ActOutcome[]> {
  return forEach(workflowIds, (workflowId) => actOnDelivery(client, workflowId, order), options);
}

/** Signals each delivery separately. It does not wait until the workflow acts, so it needs no worker. */
export function signalEach(
  client: Client,
  { deliveries, order }: { deliveries: readonly UndoneDelivery[]; order: Order },
  options: BulkOptions = {},
): Promise<ActOutcome[]> {
  const { command, input } = order;
  const signal = async ({ deliveryId, workflowId }: UndoneDelivery): Promise<ActOutcome> => {
    try {
      await client.workflow.getHandle(workflowId).signal<[CommandInput]>(command, input);
      return { deliveryId, workflowId, result: 'signalled' };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return actOnDelivery(client, workflowId, order);
      return { deliveryId, workflowId, result: 'failed', reason: describeFailure(error) };
    }
  };
  return forEach(deliveries, signal, options);
}

function forEach<T>(
  all: readonly T[],
  act: (one: T) => Promise<ActOutcome>,
  { rate, onDone }: BulkOptions,
): Promise<ActOutcome[]> {
  const pacer = new Pacer();
  const paced = async (one: T) => {
    if (rate !== undefined) await pacer.turn(rate);
    const outcome = await act(one);
    onDone?.(outcome);
    return outcome;
  };
  return pMap(all, paced, { concurrency: CONCURRENCY });
}
