import { Attention } from './attention/attention.ts';
import { type Command, readCommand } from './attention/read-command.ts';
import type { CarriedState, RetryFailedInput } from './contract.ts';
import { DeliveryProgress } from './delivery/progress.ts';
import { type AnyDeliveryInput, planDelivery } from './planning/plan-delivery.ts';
import type { SideEffectState } from './side-effect/state.ts';

/** A delivery whose workflow is closed: the input of its last run, and the state at its end. */
export type ClosedDelivery<Input = AnyDeliveryInput> = { input: Input; carried: CarriedState };

/**
 * Composes the input of a workflow that continues with what a closed workflow left undone. What is done or dismissed
 * stays so. `retryWorkflowId` builds the id of the new workflow. Its input has all pairs again, because messages are
 * cut from the whole list. So a message that is sent again has the same content and the same key.
 *
 * @param command which of the parked side effects are retried; the others stay parked
 * @param now in ms since the epoch
 * @returns `affected`: how many side effects of pairs the new workflow has to do, also those that were never tried
 * @throws ApplicationFailure `InvalidCommand`
 */
export function composeRetry<Input extends AnyDeliveryInput>(
  { input, carried }: ClosedDelivery<Input>,
  command: RetryFailedInput,
  now: number,
): { input: Input; affected: number } {
  const planned = planDelivery(input);
  const read = readCommand('retryFailed', command, planned);
  const { waitingSince: _, ...earlier } = carried;
  const progress = new DeliveryProgress({ ...input, carried: earlier }, planned);
  for (const state of progress.sideEffects) retryParked(state, read);
  const counts = progress.sideEffects.map((state) => state.counts);
  const affected = counts.reduce((sum, { pending, retrying }) => sum + pending + retrying, 0);
  const attention = new Attention({ plan: input.plan, carried: earlier });
  attention.record(read, affected, now);
  return { input: { ...input, carried: { ...progress.carry(), ...attention.carry() } }, affected };
}

function retryParked(state: SideEffectState, { sideEffect, pairs }: Command): void {
  if (sideEffect !== undefined && state.name !== sideEffect) return;
  for (const unit of state.unitsWith('parked')) {
    if (!pairs || state.units[unit]?.pairs.some((pair) => pairs.has(pair))) state.retry(unit);
  }
}
