import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import pMap from 'p-map';
import { Pacer } from '../../../activities/backends/net/pacer.ts';
import type { CommandInput } from '../../../workflows/contract.ts';
import { describeFailure } from '../connect.ts';
import { type ActOutcome, actOnDelivery } from './act-on-delivery.ts';
import type { Undone } from './find-attention.ts';
import type { Order } from './order.ts';

const CONCURRENCY = 10;

/** `rate`: at most so many a second. `onDone` is called once for each. */
export type Manner = { rate?: number | undefined; onDone?: (outcome: ActOutcome) => void };

/** Acts on each delivery by itself, in any order, and tells what became of each in the order given. */
export function actOnEach(
  client: Client,
  { workflowIds, order }: { workflowIds: readonly string[]; order: Order },
  manner: Manner = {},
): Promise<ActOutcome[]> {
  return forEach(workflowIds, (workflowId) => actOnDelivery(client, workflowId, order), manner);
}

/** Signals each by itself, without waiting for what it does: also without a worker. */
export function signalEach(
  client: Client,
  { deliveries, order }: { deliveries: readonly Undone[]; order: Order },
  manner: Manner = {},
): Promise<ActOutcome[]> {
  const { command, input } = order;
  const signal = async ({ deliveryId, workflowId }: Undone): Promise<ActOutcome> => {
    try {
      await client.workflow.getHandle(workflowId).signal<[CommandInput]>(command, input);
      return { deliveryId, workflowId, result: 'signalled' };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return actOnDelivery(client, workflowId, order);
      return { deliveryId, workflowId, result: 'failed', reason: describeFailure(error) };
    }
  };
  return forEach(deliveries, signal, manner);
}

function forEach<T>(
  all: readonly T[],
  act: (one: T) => Promise<ActOutcome>,
  { rate, onDone }: Manner,
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
