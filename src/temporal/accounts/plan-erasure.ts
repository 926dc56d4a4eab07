import type { Client } from '@temporalio/client';
import { deliveryWorkflowId } from '../../../workflows/contract.ts';
import { isOpen } from '../attention/execution.ts';
import { carrierQuery } from './carrier-query.ts';
import { executionOf } from './describe-carrier.ts';
import { findCarriers } from './find-carriers.ts';
import type { SoughtAccount } from './sought-account.ts';

/** A run in Temporal. */
export type RunId = { workflowId: string; runId: string };

/** A delivery with all its runs that carry the account: those of its retries and redos, and those that continued as new. */
export type CarryingDelivery = { firstId: string; runs: RunId[]; isOpen: boolean };

/**
 * Groups by delivery what carries the account. A delivery is open as long as one of its workflows is: what this one does
 * may need what the others left.
 */
export async function planErasure(client: Client, sought: SoughtAccount): Promise<CarryingDelivery[]> {
  const deliveries = new Map<string, CarryingDelivery>();
  for await (const run of findCarriers(client, sought, carrierQuery(sought))) {
    const { workflowId, runId } = run.execution ?? {};
    if (!workflowId || !runId) continue;
    const firstId = deliveryWorkflowId(workflowId);
    const delivery = deliveries.get(firstId) ?? { firstId, runs: [], isOpen: false };
    delivery.runs.push({ workflowId, runId });
    delivery.isOpen ||= isOpen(executionOf(run));
    deliveries.set(firstId, delivery);
  }
  return [...deliveries.values()];
}
