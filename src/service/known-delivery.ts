import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { searchAttributes } from '../../workflows/contract.ts';
import type { Settings } from '../config/settings.ts';
import type { LocatedDelivery } from '../journal/operate/locate-delivery.ts';
import { locateInJournal } from '../journal/operate/operate.ts';
import { findWorkflowId } from '../temporal/attention/find-workflow.ts';
import { followRetries } from '../temporal/attention/retry-chain.ts';
import { toOperatorError } from '../temporal/connect.ts';

/** What a receiver knows of a delivery. It names no account. */
export type KnownDelivery = { deliveryId: string; pairs: number } & (
  | { where: 'temporal'; workflowId: string; execution: string; status: string | null }
  | { where: 'journal'; receivedAt: string; before: number }
  | { where: 'quarantine'; receivedAt: string; id: string; reason: string; quarantinedAt: string }
);

/**
 * Looks in this receiver's journal and quarantine, then in Temporal: a delivery can be handed over between the two looks.
 *
 * @throws OperatorError when Temporal can't be asked, DamagedJournalError
 */
export async function findKnownDelivery(
  client: Client,
  { sdkAppId, journal, payloadKeys }: Settings,
  deliveryId: string,
): Promise<KnownDelivery | undefined> {
  const journaled = await locateInJournal({ dir: journal.dir, payloadKeys }, deliveryId);
  return journaled ? describeJournaled(journaled) : findInTemporal(client, deliveryId, sdkAppId);
}

function describeJournaled(delivery: LocatedDelivery): KnownDelivery {
  const { deliveryId, pairs } = delivery;
  const receivedAt = new Date(delivery.receivedAt).toISOString();
  if (delivery.part === 'pending')
    return { deliveryId, where: 'journal', receivedAt, pairs, before: delivery.before };
  const { id, reason } = delivery;
  const quarantinedAt = new Date(delivery.quarantinedAt).toISOString();
  return { deliveryId, where: 'quarantine', receivedAt, pairs, id, reason, quarantinedAt };
}

async function findInTemporal(
  client: Client,
  deliveryId: string,
  sdkAppId: string | undefined,
): Promise<KnownDelivery | undefined> {
  const workflowId = await followRetries(client, await findWorkflowId(client, deliveryId, sdkAppId));
  try {
    const { status, typedSearchAttributes } = await client.workflow.getHandle(workflowId).describe();
    return {
      deliveryId,
      where: 'temporal',
      workflowId,
      execution: status.name,
      status: typedSearchAttributes.get(searchAttributes.status) ?? null,
      pairs: typedSearchAttributes.get(searchAttributes.pairs) ?? 0,
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw toOperatorError(error);
  }
}
