import { defineQuery } from '@temporalio/workflow';
import type { FailureInfo } from './activities.ts';
import type { OperatorAction } from './commands.ts';

/**
 * The state of one side effect. `marks` has one letter per unit, which stands for its status. `failures` lists the
 * failed units, each with the position of its error in {@link CarriedState} and its number of attempts.
 */
export type CarriedSideEffect = {
  marks: string;
  failures: [unit: number, error: number, attempts: number][];
};

/** What continue-as-new hands over to the next run. It grows by a few bytes per pair, however long the errors are. */
export type CarriedState = {
  sideEffects: Record<string, CarriedSideEffect>;
  errors: FailureInfo[];
  /** When the wait for a person began, or when a person last acted in it; in ms since the epoch. */
  waitingSince?: number;
  actions?: OperatorAction[];
};

/** For `retry` of a closed delivery, which needs everything that is undone. `progress` lists only the first part of it. */
export const carriedQuery = defineQuery<CarriedState>('carried');
