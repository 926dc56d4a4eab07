import type { CallbackRelayedInput } from '../contract.ts';
import { composeInput } from './activity-input.ts';
import type { PlannedDelivery } from './planned-delivery.ts';
import { planUnits } from './units.ts';

/** A delivery without pairs: its only unit is the callback. */
export function planCallbackRelayed({ delivery, callback, plan }: CallbackRelayedInput): PlannedDelivery {
  return {
    title: delivery.command ?? 'a callback',
    pairs: [],
    sideEffects: plan.sideEffects.map((sideEffect) => ({
      name: sideEffect.name,
      units: planUnits(sideEffect, [], plan.notifyRecipient),
    })),
    batching: undefined,
    isFirstPassLocal: plan.firstPass === 'local',
    composeInput: (units) => composeInput({ delivery, pairs: [], callback }, units),
    bytesOf: () => callback.body.length,
  };
}
