import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';

type Described = { workflowId: string; client: Client };

/** The summaries of the activities that a run scheduled, in order, and how many events it took. */
export async function scheduledActivities({ workflowId, client }: Described, runId?: string) {
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const scheduled = (events ?? []).flatMap((event) => {
    const { activityTaskScheduledEventAttributes: activity, userMetadata } = event;
    if (!activity) return [];
    const summary: unknown = JSON.parse(Buffer.from(userMetadata?.summary?.data ?? []).toString());
    return [{ type: activity.activityType?.name ?? '', summary: String(summary) }];
  });
  return { events: events?.length ?? 0, scheduled };
}

/** What is under way or in back-off: what operators see as pending activities. */
export async function pendingActivities({ workflowId, client }: Described) {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  return (raw.pendingActivities ?? []).map(({ activityType, attempt, lastFailure }) => ({
    type: activityType?.name ?? '',
    attempt: attempt ?? 0,
    lastFailure: lastFailure?.message ?? '',
  }));
}

/** How many events of each type the history of a run has. */
export async function countEvents({ workflowId, client }: Described): Promise<Record<string, number>> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const counts: Record<string, number> = {};
  for (const { eventType } of events ?? []) {
    const name = proto.temporal.api.enums.v1.EventType[eventType ?? 0] ?? 'unknown';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
