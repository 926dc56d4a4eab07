import type { RelayedCallback } from './callback.ts';
import type { CarriedState } from './carried-state.ts';
import type { Delivery, Pair } from './delivery.ts';

/** Who gets a message: From (the owner of the friend list), To (the friend who left it), or both. */
export type Recipient = 'from' | 'to' | 'both';

/**
 * A unit is done or not done as a whole: one pair, one message that carries several pairs, or the one callback of the
 * delivery.
 */
export type UnitKind = 'pair' | 'message' | 'callback';

/** A side effect in the plan of a delivery. Its activity has the same `name`. */
export type PlannedSideEffect = { name: string; per: UnitKind };

/** The settings of one delivery. They are fixed at its start, so a changed setting never alters a running workflow. */
export type DeliveryPlan = {
  sideEffects: PlannedSideEffect[];
  notifyRecipient: Recipient;
  /** How long the server goes on retrying a side effect of a pair, in ms. */
  retryFor: number;
  /** How long the workflow waits for a person when something is parked, in ms. Absent: it fails without waiting. */
  attentionFor?: number;
  /**
   * In a delivery of more than `above` pairs, one activity gets up to `size` units. Absent: every unit has an
   * activity of its own.
   */
  batch?: { above: number; size: number };
  /**
   * How a delivery that is not batched tries each unit first. `local`: by local activities, which the worker does within
   * its workflow task. Absent: by activities of the server.
   */
  firstPass?: 'local';
};

/** What the input of every workflow type contains. */
export type DeliveryInput = {
  delivery: Delivery;
  plan: DeliveryPlan;
  /** What an earlier run of this delivery has done. Only continue-as-new and a retry of a closed delivery set it. */
  carried?: CarriedState;
};

/** `callback`: only when it is relayed. */
export type FriendDeletedInput = DeliveryInput & { pairs: Pair[]; callback?: RelayedCallback };

export type CallbackRelayedInput = DeliveryInput & { callback: RelayedCallback };
