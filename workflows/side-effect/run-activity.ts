import type { ActivityOptions, LocalActivityOptions } from '@temporalio/common';
import {
  CancellationScope,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
} from '@temporalio/workflow';
import { firstPass, localFirstPass } from '../activity-options.ts';
import type { PairOutcome, SideEffectActivity, SideEffectInput } from '../contract.ts';
import { type ActivityResult, readActivityFailure } from './activity-result.ts';
import type { BatchRetry } from './batch-retry.ts';

type Activities = Record<string, SideEffectActivity>;

const activities = proxyActivities<Activities>(firstPass(1));
const localActivities = proxyLocalActivities<Activities>(localFirstPass());

/** @param name of the side effect, and of its activity */
export function scheduleActivity(
  name: string,
  options: ActivityOptions,
  input: SideEffectInput,
): Promise<PairOutcome[]> {
  return activityNamed(name, activities).executeWithOptions(options, [input]);
}

/** The worker does it within the workflow task. The server knows of it only when the task ends. */
export function scheduleLocalActivity(
  name: string,
  options: LocalActivityOptions,
  input: SideEffectInput,
): Promise<PairOutcome[]> {
  return activityNamed(name, localActivities).executeWithOptions(options, [input]);
}

function activityNamed<T>(name: string, known: Record<string, T>): T {
  const activity = known[name];
  if (!activity) throw new RangeError(`no activity ${name}`);
  return activity;
}

/**
 * Waits until an activity is closed.
 *
 * @throws when the workflow was cancelled. If only `batchRetry` was cancelled, that is a result
 */
export async function resultOf(
  activity: () => Promise<PairOutcome[]>,
  { retry: policy }: Pick<ActivityOptions, 'retry'>,
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
