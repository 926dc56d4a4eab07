import type { Client } from '@temporalio/client';
import { type Settled, waitUntilSettled } from '../../temporal/attention/wait-until-settled.ts';
import { createBulkView } from './bulk-view.ts';

/** Follows what was retried to its end, with a progress bar. */
export async function followUntilSettled(client: Client, workflowIds: readonly string[]): Promise<Settled> {
  const view = createBulkView('settled');
  try {
    return await waitUntilSettled(client, workflowIds, (count) => view.update(count, workflowIds.length));
  } finally {
    view.stop();
  }
}

/** `28 done, 3 wait for a person again` */
export function describeSettled({ done, parkedAgain, undone }: Settled): string {
  const again = `${parkedAgain} ${parkedAgain === 1 ? 'waits' : 'wait'} for a person again`;
  return [`${done} done`, again, ...(undone > 0 ? [`${undone} ended with side effects undone`] : [])].join(
    ', ',
  );
}

/** Whether something that was followed is not done in the end. Undefined: nothing was followed. */
export function isUndone(settled: Settled | undefined): boolean {
  return settled !== undefined && settled.parkedAgain + settled.undone > 0;
}
