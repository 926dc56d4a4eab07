import { activityInfo, Context, cancellationSignal, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { CheckFriendships, CheckFriendshipsInput, ReconcileState } from '../../workflows/contract.ts';
import { INTERRUPTIONS } from '../activity-outcomes.ts';
import { BackendError } from '../backends/backend.ts';
import { DocumentIds, UnreadableTemplateError } from '../document-ids.ts';
import { ReconcilePart } from './reconcile-part.ts';
import type { ReconcileTools } from './tools.ts';

/** Below the heartbeat timeout. */
const HEARTBEAT_EVERY_MS = 2_000;

/**
 * Makes the activity that does a part of `reconcileFriends`. Its heartbeats contain the state, so an attempt continues
 * where the one before it was.
 */
export function createCheckFriendships(tools: ReconcileTools): CheckFriendships {
  return async (input) => {
    const part = openPart(tools, input);
    const context = Context.current();
    const timer = setInterval(() => context.heartbeat(part.state), HEARTBEAT_EVERY_MS);
    try {
      const isDone = await part.work(cancellationSignal());
      return { ...part.state, isDone };
    } catch (error) {
      // The SDK throttles heartbeats, but always sends the last one before a failure: the next attempt reads it.
      heartbeat(part.state);
      throw asTemporal(error, cancellationSignal());
    } finally {
      clearInterval(timer);
    }
  };
}

function openPart(tools: ReconcileTools, input: CheckFriendshipsInput): ReconcilePart {
  const { searchIndex, friendships, documentId } = tools;
  if (!searchIndex) throw notSet('SEARCH_URL is off on this worker: set it to the index to check');
  if (!friendships) {
    throw notSet('this worker has no TENCENT_SECRET_KEY and SDK_APP_ID: set them to ask Tencent Chat');
  }
  const { heartbeatDetails } = activityInfo();
  const state = (heartbeatDetails as ReconcileState | undefined) ?? input.state;
  try {
    const documentIds = new DocumentIds(documentId);
    return new ReconcilePart({ ...tools, searchIndex, friendships, documentIds }, { ...input, state });
  } catch (error) {
    if (error instanceof UnreadableTemplateError) throw notSet(error.message);
    throw error;
  }
}

function notSet(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'Rejected');
}

function asTemporal(error: unknown, { aborted, reason }: AbortSignal): unknown {
  const interruption = aborted && INTERRUPTIONS[reason instanceof Error ? reason.message : String(reason)];
  if (interruption) return ApplicationFailure.retryable(interruption.message, interruption.type);
  if (!(error instanceof BackendError)) return error;
  const { type, message, retryable, retryAfter, cause } = error;
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: !retryable,
    ...(retryAfter !== undefined && { nextRetryDelay: retryAfter }),
    ...(cause instanceof Error && { cause }),
  });
}
