import type { Client } from '@temporalio/client';
import { type DeletionReport, deleteDeliveries } from '../../temporal/accounts/delete-deliveries.ts';
import type { CarryingDelivery } from '../../temporal/accounts/plan-erasure.ts';
import { waitUntilGone } from '../../temporal/accounts/wait-until-gone.ts';
import { toOperatorError } from '../../temporal/connect.ts';
import { createBulkView } from '../operate/bulk-view.ts';
import { discardQuarantined } from './discard-quarantined.ts';
import type { Plan } from './make-plan.ts';

/** `stillThere`: runs that the server took to delete and has not deleted yet. `discarded`: of the quarantine. */
export type Erased = DeletionReport & { stillThere: number; discarded: number };

export const NOTHING: Erased = { taken: [], reopened: 0, failures: [], stillThere: 0, discarded: 0 };

/**
 * Deletes in Temporal first: it may refuse, and then nothing is deleted anywhere.
 *
 * @throws OperatorError if there is no right to delete, or Temporal can't be asked
 */
export async function carryOut(client: Client, { closed, journal }: Plan): Promise<Erased> {
  try {
    const report = await deleteAll(client, closed);
    const ids = journal.quarantined.map(({ id }) => id);
    const discarded = await discardQuarantined(journal.dir, ids);
    // Last, because it can take minutes, and somebody may break it off.
    return { ...report, discarded, stillThere: await waitForAll(client, report) };
  } catch (error) {
    throw toOperatorError(error);
  }
}

async function deleteAll(client: Client, closed: readonly CarryingDelivery[]): Promise<DeletionReport> {
  const view = createBulkView('deleting');
  let done = 0;
  try {
    return await deleteDeliveries(client, closed, () => view.update(++done, closed.length));
  } finally {
    view.stop();
  }
}

async function waitForAll(client: Client, { taken }: DeletionReport): Promise<number> {
  const view = createBulkView('gone');
  try {
    const onGone = (gone: number) => view.update(gone, taken.length);
    return await waitUntilGone(client, taken, onGone);
  } finally {
    view.stop();
  }
}
