import { Attention } from './attention.ts';
import type { CarriedState, FriendDeletedInput, RetryFailedInput } from './contract.ts';
import { DeliveryProgress } from './progress.ts';
import { type Command, readCommand } from './read-command.ts';
import type { SideEffectState } from './side-effect-state.ts';

/** A delivery whose workflow is closed: the input of its last run, and how far it came. */
export type ClosedDelivery = { input: FriendDeletedInput; carried: CarriedState };

/**
 * The input of a workflow that goes on with what a closed one left undone; its id: `retryWorkflowId`. What is done or
 * dismissed stays so. The list of pairs is the whole one all the same: messages are cut from it, so that a message
 * that is sent again is the same one, with the same key.
 *
 * @param command which of what is parked is retried; the rest of it stays parked
 * @param now in ms
 * @returns `affected`: how many side effects of pairs are to be done, those that were never tried included
 * @throws ApplicationFailure `InvalidCommand`
 */
export function composeRetry(
  { input, carried }: ClosedDelivery,
  command: RetryFailedInput,
  now: number,
): { input: FriendDeletedInput; affected: number } {
  const read = readCommand('retryFailed', command, input);
  const { waitingSince: _, ...earlier } = carried;
  const progress = new DeliveryProgress({ ...input, carried: earlier });
  for (const state of progress.sideEffects) takeUp(state, read);
  const counts = progress.sideEffects.map((state) => state.counts);
  const affected = counts.reduce((sum, { pending, retrying }) => sum + pending + retrying, 0);
  const attention = new Attention({ plan: input.plan, carried: earlier });
  attention.note(read, affected, now);
  return { input: { ...input, carried: { ...progress.carry(), ...attention.carry() } }, affected };
}

function takeUp(state: SideEffectState, { sideEffect, pairs }: Command): void {
  if (sideEffect !== undefined && state.name !== sideEffect) return;
  for (const unit of state.unitsMarked('parked')) {
    if (!pairs || state.units[unit]?.pairs.some((pair) => pairs.has(pair))) state.retry(unit);
  }
}
