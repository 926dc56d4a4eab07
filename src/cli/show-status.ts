import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { firstWorkflowId, isWorkflowId, readWorkflowId } from '../../workflows/contract.ts';
import type { Settings } from '../config/settings.ts';
import type { LocatedDelivery } from '../journal/operate/locate-delivery.ts';
import { isOpen } from '../temporal/attention/execution.ts';
import { findWorkflowId } from '../temporal/attention/find-workflow.ts';
import { readDetails } from '../temporal/attention/read-details.ts';
import {
  DeliveryNotFoundError,
  type DeliveryReport,
  readDelivery,
} from '../temporal/attention/read-progress.ts';
import { followRetries } from '../temporal/attention/retry-chain.ts';
import { toOperatorError } from '../temporal/connect.ts';
import { type KnownRedo, listRedos } from '../temporal/redo/list-redos.ts';
import { workflowPage } from '../temporal/ui-link.ts';
import { type CliContext, EXIT } from './context.ts';
import { describeDelivery } from './describe-delivery.ts';
import { describeJournaled, journaledDocument } from './describe-journaled.ts';
import { onTemporal } from './on-temporal.ts';
import { print, printJson, say } from './output.ts';

type StatusOptions = { watch?: true | undefined; json?: true | undefined };

/** How often `--watch` looks at a delivery that is not in Temporal yet, in ms. */
const JOURNAL_POLL_MS = 500;

/** How long `--watch` waits for a delivery that is neither in Temporal nor in this machine's journal, in ms. */
const UNKNOWN_MS = 10_000;

/** Where a delivery is: in Temporal, or on this machine's disk. `why`: why Temporal can't be asked. */
type Place = { report: DeliveryReport } | { journaled: LocatedDelivery; why: string | undefined };

/** Prints the progress of a delivery, or of its newest retry; or where on this machine's disk it waits. */
export function showStatus(context: CliContext, delivery: string, options: StatusOptions): Promise<void> {
  return onTemporal(context, async (client, settings) => {
    const asked = { client, settings, delivery };
    const isWatching = options.watch && !options.json;
    const place = await (isWatching ? waitForTemporal(asked) : locate(asked));
    context.exitCode =
      'journaled' in place
        ? showJournaled(place, options)
        : await showInTemporal(asked, isWatching ? await watch(client, place.report) : place.report, options);
  });
}

type Asked = { client: Client; settings: Settings; delivery: string };

/** @throws OperatorError when it is nowhere */
async function locate({ client, settings, delivery }: Asked): Promise<Place> {
  const { sdkAppId, journal, payloadKeys } = settings;
  try {
    const workflowId = await followRetries(client, await findWorkflowId(client, delivery, sdkAppId));
    return { report: await readDelivery(client, workflowId) };
  } catch (error) {
    const known = toOperatorError(error);
    // A whole workflow id ends with the delivery id.
    const deliveryId = isWorkflowId(delivery) ? readWorkflowId(delivery).deliveryId : delivery;
    // Loaded only now: mostly a delivery is in Temporal.
    const { locateInJournal } = await import('../journal/operate/operate.ts');
    const journaled = await locateInJournal({ dir: journal.dir, payloadKeys }, deliveryId);
    if (!journaled) throw known;
    const isAway = known instanceof Error && !(known instanceof DeliveryNotFoundError);
    return { journaled, why: isAway ? known.message : undefined };
  }
}

/** Says once that the delivery waits on this machine's disk, and returns when it is in Temporal or in the quarantine. */
async function waitForTemporal(asked: Asked): Promise<Place> {
  const deadline = performance.now() + UNKNOWN_MS;
  let said: string | undefined;
  for (;;) {
    const place = await locate(asked).catch((error: unknown) => {
      // Another receiver's journal may have it.
      if (error instanceof DeliveryNotFoundError && performance.now() < deadline) return undefined;
      throw error;
    });
    if (place && ('report' in place || place.journaled.part === 'quarantined')) return place;
    const [line = ''] = place ? describeJournaled(place.journaled, { why: place.why, now: Date.now() }) : [];
    if (place && line !== said) say(line);
    said = line;
    await delay(JOURNAL_POLL_MS);
  }
}

/** Goes on with the newest retry if somebody retries the delivery once it has ended. */
async function watch(client: Client, { workflow: { workflowId } }: DeliveryReport): Promise<DeliveryReport> {
  // Loads the progress bars only now.
  const { watchDelivery } = await import('./watch-delivery.ts');
  const report = await watchDelivery(client, workflowId);
  const newest = await followRetries(client, workflowId);
  return newest === workflowId ? report : watch(client, await readDelivery(client, newest));
}

function showJournaled(
  { journaled, why }: { journaled: LocatedDelivery; why: string | undefined },
  { json }: StatusOptions,
): number {
  if (json) printJson(journaledDocument(journaled, { why }));
  else for (const line of describeJournaled(journaled, { why, now: Date.now() })) print(line);
  return journaled.part === 'pending' ? EXIT.done : EXIT.failed;
}

async function showInTemporal(
  { client, settings, delivery }: Asked,
  report: DeliveryReport,
  { json }: StatusOptions,
): Promise<number> {
  const { namespace } = client.options;
  const { workflowId, runId, execution } = report.workflow;
  const details = await readDetails(client, workflowId);
  const redos = await redosOf(client, workflowId);
  const link = workflowPage(settings.temporalUi, { namespace, workflowId, runId });
  if (json) printJson({ ...toDocument(report), ...details, redos, link });
  else {
    const shown = { ...report, ...details, redos, link };
    for (const line of describeDelivery(shown, { given: delivery, namespace })) print(line);
  }
  return isOpen(execution) || isThrough(report) ? EXIT.done : EXIT.failed;
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

/** A workflow can also be terminated just after its last side effect. */
function isThrough({ status, workflow }: DeliveryReport): boolean {
  return workflow.execution === 'COMPLETED' || status === 'Done';
}

/** The progress, and the workflow that it is about. Without a worker, or while it is paused, `sideEffects` is null. */
function toDocument({ progress, workflow, ...known }: DeliveryReport): object {
  return { ...(progress ?? { ...known, sideEffects: null }), deliveryId: known.deliveryId, workflow };
}
