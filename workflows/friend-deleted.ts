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
import { Attention } from './attention.ts';
import { publishAttention } from './attention-memo.ts';
import { acceptCommands, carryOut } from './commands.ts';
import {
  type CarriedState,
  type CommandAnswer,
  carriedQuery,
  type FriendDeletedInput,
  type Progress,
  progressQuery,
  SIDE_EFFECTS_ABANDONED,
  searchAttributes,
} from './contract.ts';
import { DeliveryProgress } from './progress.ts';
import type { Command } from './read-command.ts';
import { SideEffectRun } from './side-effect-run.ts';

export type FriendDeletedResult = Pick<Progress, 'deliveryId' | 'pairs' | 'sideEffects'>;

/**
 * One delivery: every side effect happens for every pair. Side effects run side by side, and so do pairs;
 * a failure of one holds back no other. What can't be done waits for a person, who has it retried or gives it up.
 *
 * @throws ApplicationFailure `SideEffectsAbandoned` when something stayed undone, its details the {@link Progress}
 * and the {@link CarriedState}
 */
export async function friendDeleted(input: FriendDeletedInput): Promise<FriendDeletedResult> {
  const progress = new DeliveryProgress(input);
  const attention = new Attention(input);
  const runs = progress.sideEffects.map((state) => new SideEffectRun(state, input, onChange));
  const carry = (): CarriedState => ({ ...progress.carry(), ...attention.carry() });
  const isBusy = () => runs.some((run) => run.busy);
  setHandler(progressQuery, () => progress.snapshot(), {
    description: 'Where each side effect stands, and what failed',
  });
  setHandler(carriedQuery, carry, { description: 'Of the program’s own: every mark, to go on from' });

  publish(progress, attention);
  for (const run of runs) run.start();
  acceptCommands(input, act);

  for (;;) {
    do await Promise.all(runs.map((run) => run.drained()));
    while (isBusy());
    const isWaiting = progress.parked > 0 && attention.isWanted;
    if (isWaiting && isHistoryLarge()) interrupt();
    if (runs.some((run) => run.interrupted)) {
      await condition(allHandlersFinished);
      return continueAsNew<typeof friendDeleted>({ ...input, carried: carry() });
    }
    if (isWaiting && (await waitForPerson())) continue;
    await condition(allHandlersFinished);
    if (!isBusy()) return conclude(progress, carry());
  }

  async function waitForPerson(): Promise<boolean> {
    attention.begin();
    publish(progress, attention);
    publishAttention(progress, false);
    return attention.waited(() => isBusy() || isHistoryLarge());
  }

  function act(command: Command): CommandAnswer {
    const affected = carryOut(command, runs);
    if (affected > 0) attention.note(command, affected);
    onChange();
    return { affected, remaining: progress.parked };
  }

  function onChange(): void {
    publish(progress, attention);
    if (isHistoryLarge()) interrupt();
  }

  /** From here on commands only change marks, and the next run does what they ask for. */
  function interrupt(): void {
    for (const run of runs) run.interrupt();
  }
}

function isHistoryLarge(): boolean {
  return workflowInfo().continueAsNewSuggested;
}

/** Tells the people: current details cost no history, so always; the rest only on a change of status. */
function publish(progress: DeliveryProgress, attention: Attention): void {
  setCurrentDetails(progress.table() + attention.describe(progress.parked));
  const published = workflowInfo().typedSearchAttributes.get(searchAttributes.status);
  if (published !== progress.status) {
    upsertSearchAttributes([{ key: searchAttributes.status, value: progress.status }]);
    // Deliveries of a version that waited for nobody have no such command in their histories.
    if (progress.status === 'NeedsAttention' && attention.isWanted) publishAttention(progress, true);
  }
}

function conclude(progress: DeliveryProgress, carried: CarriedState): FriendDeletedResult {
  const { deliveryId, pairs, sideEffects, parkedTotal, errors } = progress.snapshot();
  if (progress.status === 'Done') return { deliveryId, pairs, sideEffects };
  const reasons = errors.map(({ type, count }) => `${type} (${count})`).join(', ');
  throw ApplicationFailure.nonRetryable(
    `${parkedTotal} side effects could not be done: ${reasons}`,
    SIDE_EFFECTS_ABANDONED,
    progress.snapshot(),
    carried,
  );
}
