import { setTimeout as delay } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import pMap from 'p-map';
import { type Progress, progressQuery, searchAttributes } from '../../../workflows/contract.ts';
import { toOperatorError } from '../connect.ts';

const POLL_MS = 1_000;
const CONCURRENCY = 20;

/** How long a worker may take to answer, in ms. Without a worker nothing is settled. */
const QUERY_MS = 5_000;

/** How deliveries ended: done (or dismissed), waiting for a person again, or ended with side effects undone. */
export type Settled = { done: number; parkedAgain: number; undone: number };

/**
 * Follows deliveries until nothing of them is under way: each is done, or waits for a person again.
 *
 * @param onSettled called with how many are settled so far
 * @throws OperatorError when Temporal can't be asked
 */
export async function waitUntilSettled(
  client: Client,
  workflowIds: readonly string[],
  onSettled: (count: number) => void = () => undefined,
): Promise<Settled> {
  const settled: Settled = { done: 0, parkedAgain: 0, undone: 0 };
  let open = workflowIds;
  while (open.length > 0) {
    const states = await pMap(open, (id) => readState(client, id), { concurrency: CONCURRENCY });
    for (const state of states) if (state !== 'under-way') settled[state] += 1;
    open = open.filter((_, index) => states[index] === 'under-way');
    onSettled(workflowIds.length - open.length);
    if (open.length > 0) await delay(POLL_MS);
  }
  return settled;
}

type State = keyof Settled | 'under-way';

async function readState(client: Client, workflowId: string): Promise<State> {
  try {
    const { status, typedSearchAttributes } = await client.workflow.getHandle(workflowId).describe();
    switch (status.name) {
      case 'COMPLETED':
        return 'done';
      case 'PAUSED':
        return 'parkedAgain';
      case 'RUNNING':
        return typedSearchAttributes.get(searchAttributes.status) === 'NeedsAttention'
          ? await readParked(client, workflowId)
          : 'under-way';
      default:
        return 'undone';
    }
  } catch (error) {
    // Temporal has deleted it after its end.
    if (error instanceof WorkflowNotFoundError) return 'done';
    throw toOperatorError(error);
  }
}

/**
 * One side effect of the delivery can be retried while another one stays parked, and only the workflow itself knows. It
 * answers once it has acted on every signal that came before.
 */
async function readParked(client: Client, workflowId: string): Promise<State> {
  try {
    const { sideEffects } = await client.withDeadline(Date.now() + QUERY_MS, () =>
      client.workflow.getHandle(workflowId).query<Progress, []>(progressQuery),
    );
    const isBusy = Object.values(sideEffects).some(({ pending, retrying }) => pending + retrying > 0);
    return isBusy ? 'under-way' : 'parkedAgain';
  } catch {
    return 'under-way';
  }
}
