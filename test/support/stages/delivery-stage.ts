import { BackendError } from '../../../activities/backends/backend.ts';
import {
  type DismissFailedInput,
  dismissFailedUpdate,
  type FriendDeletedInput,
  type Pair,
  progressQuery,
  type RetryFailedInput,
  retryFailedUpdate,
  searchAttributes,
} from '../../../workflows/contract.ts';
import { pendingActivities } from '../histories.ts';
import type { PlannedName } from '../inputs/deliveries.ts';
import { type Fault, recordedActs } from '../recorded-acts.ts';
import type { TestTemporal } from '../servers/temporal.ts';
import { until } from '../until.ts';
import { startWorkflow, withWorker, workflowInput } from './worker.ts';

const HOUR = 3_600_000;

/** A delivery on recorded side effects, and what operators do with it. */
export type DeliveryRun = ReturnType<typeof recordedActs> & ReturnType<typeof commandsOf>;
type Faults = Partial<Record<PlannedName, Fault>>;

/** What operators do with a delivery. */
function commandsOf({ client }: TestTemporal, handle: Awaited<ReturnType<typeof startWorkflow>>) {
  const { workflowId } = handle;
  // Not of one run: it may continue as new.
  const current = client.workflow.getHandle(workflowId);
  return {
    handle,
    progress: () => current.query(progressQuery),
    retry: (input: RetryFailedInput = {}) => current.executeUpdate(retryFailedUpdate, { args: [input] }),
    dismiss: (input: DismissFailedInput) => current.executeUpdate(dismissFailedUpdate, { args: [input] }),
    details: async () => {
      const metadata = await current.query<{ currentDetails: string }>('__temporal_workflow_metadata');
      return metadata.currentDetails;
    },
    status: async () => (await current.describe()).typedSearchAttributes.get(searchAttributes.status),
    pending: () => pendingActivities({ workflowId, client }),
    /** Waits until a person has to act, and nothing is under way. */
    parked: (count: number) =>
      until(`${count} to be parked`, async () => {
        const now = await current.query(progressQuery);
        const counts = Object.values(now.sideEffects);
        const idle = counts.every(({ pending, retrying }) => pending + retrying === 0);
        return idle && now.parkedTotal === count && now;
      }),
  };
}

/** Starts a delivery that waits an hour for a person, beside a worker, and terminates it in the end. */
export async function withDelivery(
  temporal: TestTemporal,
  { pairs, faults, plan }: { pairs: Pair[]; faults: Faults; plan?: Partial<FriendDeletedInput['plan']> },
  test: (run: DeliveryRun) => Promise<void>,
): Promise<void> {
  const acts = recordedActs(faults);
  await withWorker(temporal, acts.activities, async (taskQueue) => {
    const input = workflowInput(pairs, { attentionFor: HOUR, ...plan });
    const handle = await startWorkflow(temporal, taskQueue, input);
    try {
      await test({ ...acts, ...commandsOf(temporal, handle) });
    } finally {
      await temporal.client.workflow
        .getHandle(handle.workflowId)
        .terminate()
        .catch(() => undefined);
    }
  });
}

/** A backend that refuses, for good, until it is mended. */
export function broken(isMeant: (pair: Pair) => boolean = () => true) {
  const state = { isBroken: true, calls: 0 };
  const fault: Fault = ({ pairs }) => {
    state.calls += 1;
    if (state.isBroken && pairs.some(isMeant)) throw new BackendError('Rejected', 'no such index');
  };
  return { state, fault };
}

/** A backend that is away, so that the server tries again and again. */
export function away(isMeant: (pair: Pair) => boolean = () => true) {
  const state = { isAway: true, calls: 0 };
  const fault: Fault = ({ pairs }) => {
    state.calls += 1;
    if (state.isAway && pairs.some(isMeant)) throw new BackendError('Unreachable', 'nobody there');
  };
  return { state, fault };
}
