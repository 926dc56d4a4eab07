import { defineQuery } from '@temporalio/workflow';
import type { FailureInfo } from './activities.ts';
import type { Pair } from './delivery.ts';

export type DeliveryStatus = 'Running' | 'Retrying' | 'NeedsAttention' | 'Done';

/**
 * How many pairs have which status; of `relayCallback`, which the callback has. The first five numbers add up to
 * `total`.
 */
export type SideEffectProgress = {
  pending: number;
  retrying: number;
  done: number;
  parked: number;
  dismissed: number;
  total: number;
  /** How many of the done ones were skipped, because the two were friends again. Absent: none. */
  befriended?: number;
};

/** `relayCallback` has no pair. */
export type ParkedSideEffect = Partial<Pair> & { sideEffect: string; error: FailureInfo; attempts: number };

/** The answer of the query `progress`. Its size is bounded, however many pairs there are. */
export type Progress = {
  deliveryId: string;
  status: DeliveryStatus;
  pairs: number;
  sideEffects: Record<string, SideEffectProgress>;
  /** The first {@link MAX_PARKED_LISTED}; `parkedTotal` counts all. */
  parked: ParkedSideEffect[];
  parkedTotal: number;
  /** The errors of what is not done yet. Equal errors are counted together. */
  errors: (FailureInfo & { count: number })[];
};

export const MAX_PARKED_LISTED = 200;

export const progressQuery = defineQuery<Progress>('progress');

/**
 * The failure type of a workflow that ends with parked side effects. The details of the failure: {@link Progress} and
 * `CarriedState`.
 */
export const SIDE_EFFECTS_ABANDONED = 'SideEffectsAbandoned';
