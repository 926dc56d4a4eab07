import { OperatorActions } from './attention/operator-actions.ts';
import type { ClosedDelivery } from './compose-retry.ts';
import type { CarriedState } from './contract.ts';
import { DeliveryProgress } from './delivery/progress.ts';
import { type AnyDeliveryInput, planDelivery } from './planning/plan-delivery.ts';
import type { SideEffectState } from './side-effect/state.ts';
import { writeStatuses } from './side-effect/unit-status.ts';

/** A delivery whose workflow is closed. `carried`: absent where all that it planned is done. */
export type FinishedDelivery<Input = AnyDeliveryInput> = Pick<ClosedDelivery<Input>, 'input'> & {
  carried?: CarriedState;
};

/** `by`, `reason`: who does it again and why, for others. */
export type RedoInput = { sideEffect: string; by?: string; reason?: string };

/**
 * Composes the input of a workflow that does one side effect of a closed delivery again: only what is done of it, and
 * no other side effect. What is undone is left to the delivery itself. The delivery's own `receivedAt`, its whole list
 * of pairs and its plan stay, so the search guard protects the same documents, and messages have the same keys and bytes.
 *
 * @param now in ms since the epoch
 * @returns undefined if nothing of the side effect was done; `affected`: how many pairs are done again
 */
export function composeRedo(
  { input, carried }: FinishedDelivery,
  { sideEffect, by, reason }: RedoInput,
  now: number,
): { input: AnyDeliveryInput; affected: number } | undefined {
  const narrowed = narrow(input, sideEffect);
  const { delivery } = input;
  const known = { delivery, ...(carried && { carried }) };
  const [state] = new DeliveryProgress(known, planDelivery(narrowed)).sideEffects;
  if (!state) return undefined;
  const done = carried ? state.unitsWith('done') : [...state.units.keys()];
  const affected = state.count(done);
  if (affected === 0) return undefined;
  const actions = new OperatorActions();
  actions.add(
    { name: 'redo', sideEffect, ...(by !== undefined && { by }), ...(reason !== undefined && { reason }) },
    affected,
    now,
  );
  const sideEffects = { [sideEffect]: { marks: onlyPending(state, done), failures: [] } };
  return { input: { ...narrowed, carried: { sideEffects, errors: [], actions: actions.all } }, affected };
}

/** Leaves the callback out where nothing relays it: it can be large. */
function narrow(input: AnyDeliveryInput, sideEffect: string): AnyDeliveryInput {
  const sideEffects = input.plan.sideEffects.filter(({ name }) => name === sideEffect);
  const narrowed = { ...input, plan: { ...input.plan, sideEffects } };
  if (!('pairs' in narrowed) || sideEffects.some(({ per }) => per === 'callback')) return narrowed;
  const { callback: _, ...withoutCallback } = narrowed;
  return withoutCallback;
}

/** These units shall be done. The others are nobody's concern here. */
function onlyPending({ units }: SideEffectState, pending: readonly number[]): string {
  const wanted = new Set(pending);
  return writeStatuses(units.map((_, unit) => (wanted.has(unit) ? 'pending' : 'dismissed')));
}
