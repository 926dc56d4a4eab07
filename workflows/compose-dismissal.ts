import { Attention } from './attention/attention.ts';
import { type Command, readCommand } from './attention/read-command.ts';
import type { ClosedDelivery } from './compose-retry.ts';
import { type CommandInput, NOT_TRIED } from './contract.ts';
import { DeliveryProgress } from './delivery/progress.ts';
import { type AnyDeliveryInput, planDelivery } from './planning/plan-delivery.ts';
import type { SideEffectState } from './side-effect/state.ts';

/**
 * Composes the input of a workflow that dismisses what a closed workflow left undone. `retryWorkflowId` builds its id.
 * It runs no side effect: what is undone and not dismissed is parked in it, so that it waits for a person.
 *
 * @param command which of the undone side effects are dismissed
 * @param now in ms since the epoch
 * @returns `affected`, `remaining`: how many side effects of pairs are dismissed, and how many are parked
 * @throws ApplicationFailure `InvalidCommand`
 */
export function composeDismissal<Input extends AnyDeliveryInput>(
  { input, carried }: ClosedDelivery<Input>,
  command: CommandInput,
  now: number,
): { input: Input; affected: number; remaining: number } {
  const planned = planDelivery(input);
  const read = readCommand('dismissFailed', command, planned);
  const { waitingSince: _, ...earlier } = carried;
  const progress = new DeliveryProgress({ ...input, carried: earlier }, planned);
  const affected = progress.sideEffects.reduce((sum, state) => sum + dismissUndone(state, read), 0);
  const attention = new Attention({ plan: input.plan, carried: earlier });
  attention.record(read, affected, now);
  return {
    input: { ...input, carried: { ...progress.carry(), ...attention.carry() } },
    affected,
    remaining: progress.parked,
  };
}

/** @returns how many pairs are dismissed */
function dismissUndone(state: SideEffectState, { sideEffect, pairs }: Command): number {
  const before = state.counts.dismissed;
  for (const status of ['pending', 'retrying', 'parked'] as const) {
    for (const unit of state.unitsWith(status)) {
      const isWanted =
        (sideEffect === undefined || state.name === sideEffect) &&
        (!pairs || state.units[unit]?.pairs.some((pair) => pairs.has(pair)));
      if (isWanted) state.dismiss(unit);
      else if (status === 'pending') state.fail(unit, 'parked', { ...NOT_TRIED, attempts: 0 });
      else state.park(unit);
    }
  }
  return state.counts.dismissed - before;
}
