import type { Client, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { WayResult } from './results.ts';

type Counted = Pick<WayResult, 'events' | 'runs' | 'activities' | 'failures'>;

/** What a workflow took, over its first run and all that continued it. */
export async function countHistory(
  client: Client,
  { workflowId, firstExecutionRunId }: WorkflowHandleWithFirstExecutionRunId,
): Promise<Counted> {
  const counted: Counted = { events: 0, runs: 0, activities: 0, failures: 0 };
  let next: string | undefined = firstExecutionRunId;
  while (next) next = await countRun(client, { workflowId, runId: next }, counted);
  return counted;
}

/** @returns the run that continued this one */
async function countRun(
  client: Client,
  { workflowId, runId }: { workflowId: string; runId: string },
  counted: Counted,
): Promise<string | undefined> {
  const { events = [] } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  counted.runs += 1;
  counted.events += events?.length ?? 0;
  for (const event of events ?? []) {
    if (event.activityTaskScheduledEventAttributes) counted.activities += 1;
    if (event.activityTaskFailedEventAttributes) counted.failures += 1;
    if (event.activityTaskTimedOutEventAttributes) counted.failures += 1;
    if (event.activityTaskCanceledEventAttributes) counted.failures += 1;
  }
  return events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
}
