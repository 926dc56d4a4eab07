import type { Pair, SideEffectInput } from '../contract.ts';
import type { Unit } from './units.ts';

/**
 * A delivery cut into units. Each workflow type makes it from its own input. All other workflow code works on this,
 * whatever the workflow type is.
 */
export type PlannedDelivery = {
  /** One line for a person: `alice → bob and 4 more pairs`. */
  title: string;
  /** Progress counts these pairs, and commands can be narrowed to some of them. */
  pairs: readonly Pair[];
  sideEffects: readonly { name: string; units: readonly Unit[] }[];
  /** How many units of a side effect share an activity. Absent: every unit has an activity of its own. */
  batching: Batching | undefined;
  /** Whether the worker tries each unit first within its workflow task. */
  isFirstPassLocal: boolean;
  /** The argument of the activity that does these units. */
  composeInput(units: readonly Unit[]): SideEffectInput;
  /** How many bytes a unit adds to that argument. */
  bytesOf(unit: Unit): number;
};

/** One activity gets up to `size` units. Up to `above` failed units have a retry each; more units share one. */
export type Batching = { above: number; size: number };
