import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { isOpen, unpauseCommand } from '../temporal/attention/execution.ts';
import {
  DeliveryNotFoundError,
  type DeliveryReport,
  readDelivery,
} from '../temporal/attention/read-progress.ts';
import { say } from './output.ts';
import { createProgressView } from './progress-view.ts';

const POLL_MS = 250;

/** How long to wait for the workflow, in ms: an acknowledged delivery is in the journal before Temporal has it. */
const START_MS = 10_000;

/** Shows a delivery's progress until its workflow is closed, and returns how it ended. */
export async function watchDelivery(client: Client, workflowId: string): Promise<DeliveryReport> {
  const view = createProgressView();
  const deadline = performance.now() + START_MS;
  let wasPaused = false;
  try {
    for (;;) {
      const report = await readWhenStarted(client, workflowId, deadline);
      if (report.progress) view.update(report.progress);
      const { execution, workflowId: id } = report.workflow;
      if (!isOpen(execution)) return report;
      const isPaused = execution === 'PAUSED';
      if (isPaused && !wasPaused)
        say(
          `The delivery is paused. It goes on once somebody unpauses it: ${unpauseCommand(id, client.options.namespace)}`,
        );
      wasPaused = isPaused;
      await delay(POLL_MS);
    }
  } finally {
    view.stop();
  }
}

/** @throws DeliveryNotFoundError when Temporal still does not know it at `deadline`, on the monotonic clock in ms */
async function readWhenStarted(
  client: Client,
  workflowId: string,
  deadline: number,
): Promise<DeliveryReport> {
  for (;;) {
    try {
      return await readDelivery(client, workflowId);
    } catch (error) {
      if (!(error instanceof DeliveryNotFoundError) || performance.now() > deadline) throw error;
      await delay(POLL_MS);
    }
  }
}
