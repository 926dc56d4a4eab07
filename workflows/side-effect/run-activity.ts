import type { ActivityOptions } from '@temporalio/common';
import { CancellationScope, isCancellation, proxyActivities } from '@temporalio/workflow';
import { firstPass } from '../activity-options.ts';
import type { PairOutcome, SideEffectActivity, SideEffectInput } from '../contract.ts';
import { type ActivityResult, readActivityFailure } from './activity-result.ts';
import type { BatchRetry } from './batch-retry.ts';

const activities = proxyActivities<Record<string, SideEffectActivity>>(firstPass(1));

/** @param name of the side effect, and of its activity */
export function scheduleActivity(
  name: string,
  options: ActivityOptions,
  input: SideEffectInput,
): Promise<PairOutcome[]> {
  const activity = activities[name];
  if (!activity) throw new RangeError(`no activity ${name}`);
  return activity.executeWithOptions(options, [input]);
}

/**
 * Waits until an activity is closed.
 *
 * @throws when the workflow was cancelled. If only `batchRetry` was cancelled, that is a result
 */
export async function resultOf(
  activity: () => Promise<PairOutcome[]>,
  { retry: policy }: ActivityOptions,
  batchRetry?: BatchRetry,
): Promise<ActivityResult> {
  try {
    return { outcomes: await activity(), withoutOutcome: 'done' };
  } catch (error) {
    const isExpected = batchRetry?.isCancelled && !CancellationScope.current().consideredCancelled;
    if (isCancellation(error) && !isExpected) throw error;
    return readActivityFailure(error, policy?.maximumAttempts);
  }
}
