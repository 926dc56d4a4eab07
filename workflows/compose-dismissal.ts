import { Attention } from './attention.ts';
import type { ClosedDelivery } from './compose-retry.ts';
import { type CommandInput, type FriendDeletedInput, NOT_TRIED } from './contract.ts';
import { DeliveryProgress } from './progress.ts';
import { type Command, readCommand } from './read-command.ts';
import type { SideEffectState } from './side-effect-state.ts';

/**
 * The input of a workflow that gives up what a closed one left undone; its id: `retryWorkflowId`. It runs no side
 * effect: what is undone and not dismissed is parked in it, so that it waits for a person.
 *
 * @param command which of what is undone is dismissed
 * @param now in ms
 * @returns `affected`, `remaining`: how many side effects of pairs are dismissed, and how many are parked
 * @throws ApplicationFailure `InvalidCommand`
 */
export function composeDismissal(
  { input, carried }: ClosedDelivery,
  command: CommandInput,
  now: number,
): { input: FriendDeletedInput; affected: number; remaining: number } {
  const read = readCommand('dismissFailed', command, input);
  const { waitingSince: _, ...earlier } = carried;
  const progress = new DeliveryProgress({ ...input, carried: earlier });
  const affected = progress.sideEffects.reduce((sum, state) => sum + giveUp(state, read), 0);
  const attention = new Attention({ plan: input.plan, carried: earlier });
  attention.note(read, affected, now);
  return {
    input: { ...input, carried: { ...progress.carry(), ...attention.carry() } },
    affected,
    remaining: progress.parked,
  };
}

/** @returns how many pairs are dismissed */
function giveUp(state: SideEffectState, { sideEffect, pairs }: Command): number {
  const before = state.counts.dismissed;
  for (const mark of ['pending', 'retrying', 'parked'] as const) {
    for (const unit of state.unitsMarked(mark)) {
      const isMeant =
        (sideEffect === undefined || state.name === sideEffect) &&
        (!pairs || state.units[unit]?.pairs.some((pair) => pairs.has(pair)));
      if (isMeant) state.dismiss(unit);
      else if (mark === 'pending') state.fail(unit, 'parked', { ...NOT_TRIED, attempts: 0 });
      else state.park(unit);
    }
  }
  return state.counts.dismissed - before;
}
