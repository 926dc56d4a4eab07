import { ApplicationFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type FriendDeletedInput,
  type Progress,
  progressQuery,
  SIDE_EFFECTS_ABANDONED,
  searchAttributes,
} from './contract.ts';
import { DeliveryProgress } from './progress.ts';
import { SideEffectRun } from './side-effect-run.ts';

export type FriendDeletedResult = Pick<Progress, 'deliveryId' | 'pairs' | 'sideEffects'>;

/**
 * One delivery: every side effect happens for every pair. Side effects run side by side, and so do pairs;
 * a failure of one holds back no other.
 *
 * @throws ApplicationFailure `SideEffectsAbandoned`, its details the {@link Progress}, when something stayed undone
 */
export async function friendDeleted(input: FriendDeletedInput): Promise<FriendDeletedResult> {
  const progress = new DeliveryProgress(input);
  setHandler(progressQuery, () => progress.snapshot(), {
    description: 'Where each side effect stands, and what failed',
  });

  const runs = progress.sideEffects.map((sideEffect) => new SideEffectRun(sideEffect, input, onChange));
  publish(progress);
  await Promise.all(runs.map((run) => run.finished()));

  if (runs.some((run) => run.interrupted)) {
    await condition(allHandlersFinished);
    await continueAsNew<typeof friendDeleted>({ ...input, carried: progress.carry() });
  }
  await condition(allHandlersFinished);
  return conclude(progress);

  function onChange(): void {
    publish(progress);
    if (workflowInfo().continueAsNewSuggested) for (const run of runs) run.interrupt();
  }
}

/** Tells the people: current details cost no history, so always; search attributes only on a change of status. */
function publish(progress: DeliveryProgress): void {
  setCurrentDetails(progress.table());
  const published = workflowInfo().typedSearchAttributes.get(searchAttributes.status);
  if (published !== progress.status) {
    upsertSearchAttributes([{ key: searchAttributes.status, value: progress.status }]);
  }
}

function conclude(progress: DeliveryProgress): FriendDeletedResult {
  const { deliveryId, pairs, sideEffects, parkedTotal, errors } = progress.snapshot();
  if (progress.status === 'Done') return { deliveryId, pairs, sideEffects };
  const reasons = errors.map(({ type, count }) => `${type} (${count})`).join(', ');
  throw ApplicationFailure.nonRetryable(
    `${parkedTotal} side effects could not be done: ${reasons}`,
    SIDE_EFFECTS_ABANDONED,
    progress.snapshot(),
  );
}
