import type proto from '@temporalio/proto';

type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;

/** `patched()` sets it. Temporal Cloud does not bill it. */
const VERSIONING_ATTRIBUTE = 'TemporalChangeVersion';

/**
 * How many actions Temporal Cloud bills for one run of a workflow, by https://docs.temporal.io/cloud/actions. Where that
 * page is silent, as about memos, what the server's own metric `action` counts (common/rpc/interceptor/telemetry.go).
 *
 * A history does not tell of queries, rejected updates, heartbeats of activities and resets. They come on top.
 */
export function countActions({ events }: { events?: HistoryEvent[] | null }): number {
  const all = events ?? [];
  const single = all.reduce((sum, event) => sum + actionsOf(event), 0);
  return single + tasksWithMarkers(all) + taskHeartbeats(all);
}

function actionsOf(event: HistoryEvent): number {
  const started = event.workflowExecutionStartedEventAttributes;
  // The parent's history counts the start of a child. A later run of the child is a start of its own.
  if (started) return started.parentWorkflowExecution && !started.continuedExecutionRunId ? 0 : 1;
  // The first attempt is counted where the activity is scheduled.
  const activity = event.activityTaskStartedEventAttributes;
  if (activity) return (activity.attempt ?? 1) - 1;
  const upsert = event.upsertWorkflowSearchAttributesEventAttributes;
  if (upsert) return Object.keys(upsert.searchAttributes?.indexedFields ?? {}).some(isBilled) ? 1 : 0;
  if (event.startChildWorkflowExecutionInitiatedEventAttributes) return 2;
  return isOneAction(event) ? 1 : 0;
}

function isBilled(searchAttribute: string): boolean {
  return searchAttribute !== VERSIONING_ATTRIBUTE;
}

function isOneAction(event: HistoryEvent): boolean {
  return Boolean(
    event.activityTaskScheduledEventAttributes ??
      event.timerStartedEventAttributes ??
      event.workflowExecutionSignaledEventAttributes ??
      event.signalExternalWorkflowExecutionInitiatedEventAttributes ??
      event.workflowExecutionUpdateAcceptedEventAttributes ??
      event.workflowPropertiesModifiedEventAttributes ??
      event.workflowExecutionOptionsUpdatedEventAttributes ??
      event.nexusOperationScheduledEventAttributes ??
      event.nexusOperationCancelRequestedEventAttributes,
  );
}

/** All markers that one workflow task records are one action: those of its local activities among them. */
function tasksWithMarkers(events: readonly HistoryEvent[]): number {
  const tasks = events.flatMap(({ markerRecordedEventAttributes: marker }) =>
    marker ? [String(marker.workflowTaskCompletedEventId)] : [],
  );
  return new Set(tasks).size;
}

/**
 * A worker whose local activities take long completes its workflow task and asks for another one at once. Then nothing
 * stands between the two, for nothing happened that would need a workflow task.
 */
function taskHeartbeats(events: readonly HistoryEvent[]): number {
  return events.filter((event, index) => {
    return (
      event.workflowTaskScheduledEventAttributes && events[index - 1]?.workflowTaskCompletedEventAttributes
    );
  }).length;
}
