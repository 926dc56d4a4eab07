import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import {
  type CheckFriendships,
  RECONCILE_FRIENDS,
  type ReconcileInput,
  reconcileWorkflowId,
} from '../../workflows/contract.ts';
import type { TestTemporal } from '../support/servers/temporal.ts';
import { withWorker } from '../support/stages/worker.ts';

const PARTS = 3;

/** Done after a few activities, each of which checks one document. */
const checkFriendships: CheckFriendships = async ({ state }) => {
  const documents = state.counts.documents + 1;
  const counts = { ...state.counts, documents, pairs: documents };
  const position = { after: documents - 1, until: PARTS - 1 };
  return { ...state, total: PARTS, counts, position, isDone: documents === PARTS };
};

/** The history of a run of `reconcileFriends`. */
export function recordReconcile(temporal: TestTemporal, input: ReconcileInput): Promise<string> {
  return withWorker(temporal, { checkFriendships }, async (taskQueue) => {
    const handle = await temporal.client.workflow.start(RECONCILE_FRIENDS, {
      workflowId: reconcileWorkflowId('1400000000', 'index'),
      taskQueue,
      args: [input],
    });
    await handle.result();
    return historyToJSON(await handle.fetchHistory());
  });
}
