import type { Client } from '@temporalio/client';
import { toOperatorError } from '../connect.ts';
import { readInput } from './read-closed.ts';

/** A side effect that the server tries again by itself. */
export type PendingRetry = {
  sideEffect: string;
  /** Tries so far. */
  attempts: number;
  /** ISO 8601; null: it is being tried now. */
  nextTryAt: string | null;
};

/** What `status` says beside the progress. */
export type DeliveryDetails = {
  /** When the callback was acknowledged, ISO 8601. null: it can't be read any more. */
  receivedAt: string | null;
  /** The next ones first. Only those of the second try and later: the first one is on its way. */
  retries: PendingRetry[];
};

/** How many activities are listed. A delivery can have hundreds. */
const MAX_LISTED = 10;

/** @throws OperatorError when Temporal can't be asked */
export async function readDetails(client: Client, workflowId: string): Promise<DeliveryDetails> {
  try {
    const description = await client.workflow.getHandle(workflowId).describe();
    const input = await readInput(client, description).catch(() => undefined);
    const retries = (description.raw.pendingActivities ?? [])
      .filter(({ attempt }) => (attempt ?? 0) > 1)
      .map(({ activityType, attempt, nextAttemptScheduleTime: next }) => ({
        sideEffect: activityType?.name ?? '',
        attempts: (attempt ?? 1) - 1,
        nextTryAt: next?.seconds ? new Date(Number(next.seconds) * 1000).toISOString() : null,
      }))
      .sort((a, b) => (a.nextTryAt ?? '').localeCompare(b.nextTryAt ?? ''));
    return {
      receivedAt: input ? new Date(input.delivery.receivedAt).toISOString() : null,
      retries: retries.slice(0, MAX_LISTED),
    };
  } catch (error) {
    throw toOperatorError(error);
  }
}
