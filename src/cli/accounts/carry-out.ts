import type { Client } from '@temporalio/client';
import {
  type DeletionReport,
  deleteDeliveries,
  waitUntilGone,
} from '../../temporal/accounts/delete-deliveries.ts';
import type { CarryingDelivery } from '../../temporal/accounts/plan-erasure.ts';
import type { SoughtAccount } from '../../temporal/accounts/sought-account.ts';
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
export async function carryOut(client: Client, { sought, closed, journal }: Plan): Promise<Erased> {
  try {
    const report = await deleteAll(client, closed);
    const stillThere = await waitForAll(client, sought, report);
    const ids = journal.quarantined.map(({ id }) => id);
    return { ...report, stillThere, discarded: await discardQuarantined(journal.dir, ids) };
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

async function waitForAll(client: Client, sought: SoughtAccount, { taken }: DeletionReport): Promise<number> {
  const view = createBulkView('gone');
  try {
    const onGone = (gone: number) => view.update(gone, taken.length);
    return await waitUntilGone(client, { runs: taken, sought, onGone });
  } finally {
    view.stop();
  }
}
