import type { Client } from '@temporalio/client';
import { firstWorkflowId, readWorkflowId } from '../../workflows/contract.ts';
import { isOpen } from '../temporal/attention/execution.ts';
import { findWorkflowId } from '../temporal/attention/find-workflow.ts';
import { type DeliveryReport, readDelivery } from '../temporal/attention/read-progress.ts';
import { followRetries } from '../temporal/attention/retry-chain.ts';
import { toOperatorError } from '../temporal/connect.ts';
import { type KnownRedo, listRedos } from '../temporal/redo/list-redos.ts';
import { type CliContext, EXIT } from './context.ts';
import { describeDelivery } from './describe-delivery.ts';
import { onTemporal } from './on-temporal.ts';
import { print, printJson } from './output.ts';

type StatusOptions = { watch?: true | undefined; json?: true | undefined };

/** Prints the progress of a delivery, or of its newest retry. */
export function showStatus(
  context: CliContext,
  delivery: string,
  { watch, json }: StatusOptions,
): Promise<void> {
  return onTemporal(context, async (client, { sdkAppId }) => {
    const { namespace } = client.options;
    const workflowId = await followRetries(client, await findWorkflowId(client, delivery, sdkAppId));
    const report = await (watch && !json ? watchUntilClosed : readDelivery)(client, workflowId);
    const redos = await redosOf(client, workflowId);
    if (json) printJson({ ...toDocument(report), redos });
    else
      for (const line of describeDelivery({ ...report, redos }, { given: delivery, namespace })) print(line);
    context.exitCode = isOpen(report.workflow.execution) || isThrough(report) ? EXIT.done : EXIT.failed;
  });
}

/** Of the delivery itself: a redo has none. */
async function redosOf(client: Client, workflowId: string): Promise<KnownRedo[]> {
  if (readWorkflowId(workflowId).redo > 0) return [];
  try {
    return await listRedos(client, firstWorkflowId(workflowId));
  } catch (error) {
    throw toOperatorError(error);
  }
}

/** Loads the progress bars only for `--watch`. */
async function watchUntilClosed(client: Client, workflowId: string): Promise<DeliveryReport> {
  const { watchDelivery } = await import('./watch-delivery.ts');
  return watchDelivery(client, workflowId);
}

/** A workflow can also be terminated just after its last side effect. */
function isThrough({ status, workflow }: DeliveryReport): boolean {
  return workflow.execution === 'COMPLETED' || status === 'Done';
}

/** The progress, and the workflow that it is about. Without a worker, or while it is paused, `sideEffects` is null. */
function toDocument({ progress, workflow, ...known }: DeliveryReport): object {
  return { ...(progress ?? { ...known, sideEffects: null }), deliveryId: known.deliveryId, workflow };
}
