import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { type DeliveryReport, readDelivery } from '../temporal/read-progress.ts';
import { createProgressView } from './progress-view.ts';

const POLL_MS = 250;

/** Shows a delivery's progress until its workflow is closed, and returns how it ended. */
export async function watchDelivery(client: Client, workflowId: string): Promise<DeliveryReport> {
  const view = createProgressView();
  try {
    for (;;) {
      const report = await readDelivery(client, workflowId);
      if (report.progress) view.update(report.progress);
      if (report.workflow.execution !== 'RUNNING') return report;
      await delay(POLL_MS);
    }
  } finally {
    view.stop();
  }
}
