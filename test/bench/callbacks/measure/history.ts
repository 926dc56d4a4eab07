import type { Client } from '@temporalio/client';
import type proto from '@temporalio/proto';
import { countActions } from '../../../support/billed-actions.ts';
import { median } from '../../statistics.ts';
import type { History } from '../results.ts';

/** The medians of these workflows, each with all its runs. */
export async function measureHistories(client: Client, workflowIds: readonly string[]): Promise<History> {
  const all: History[] = [];
  for (const workflowId of workflowIds) all.push(await measureHistory(client, workflowId));
  const middle = (figure: keyof History) => median(all.map((history) => history[figure]));
  return {
    events: middle('events'),
    actions: middle('actions'),
    writes: middle('writes'),
    bytes: middle('bytes'),
    runs: middle('runs'),
  };
}

async function measureHistory(client: Client, workflowId: string): Promise<History> {
  const sum: History = { events: 0, actions: 0, writes: 0, bytes: 0, runs: 0 };
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  let runId = raw.workflowExecutionInfo?.firstRunId ?? undefined;
  while (runId) {
    const handle = client.workflow.getHandle(workflowId, runId);
    const history = await handle.fetchHistory();
    const { historySize = 0 } = await handle.describe();
    sum.runs += 1;
    sum.events += history.events?.length ?? 0;
    sum.actions += countActions(history);
    sum.writes += (history.events ?? []).filter(isWrite).length;
    sum.bytes += historySize;
    const next = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes;
    runId = next?.newExecutionRunId ?? undefined;
  }
  return sum;
}

/**
 * Whether the server wrote to its database because of this event. Other events are written together with one of these. A
 * history shard does its writes one after the other (`history.shardIOConcurrency` is 1), so they limit what a shard can do.
 */
function isWrite(event: proto.temporal.api.history.v1.IHistoryEvent): boolean {
  return Boolean(
    event.workflowExecutionStartedEventAttributes ??
      event.workflowExecutionSignaledEventAttributes ??
      event.workflowTaskStartedEventAttributes ??
      event.workflowTaskCompletedEventAttributes ??
      event.workflowTaskFailedEventAttributes ??
      event.workflowTaskTimedOutEventAttributes ??
      event.activityTaskStartedEventAttributes ??
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskTimedOutEventAttributes ??
      event.activityTaskCanceledEventAttributes ??
      event.timerFiredEventAttributes,
  );
}
