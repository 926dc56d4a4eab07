import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Pair } from './delivery.ts';

/** `sideEffect` and `pairs` narrow a command; without them it covers everything. `by`: who gives it. `reason`: why. */
export type CommandInput = { sideEffect?: string; pairs?: Pair[]; by?: string; reason?: string };

export type RetryFailedInput = CommandInput;
export type DismissFailedInput = CommandInput & { reason: string };

/**
 * How many pairs the command retries or dismisses, and how many stay parked. A pair counts once for each of its side
 * effects.
 */
export type CommandAnswer = { affected: number; remaining: number };

export type CommandName = 'retryFailed' | 'dismissFailed';

/** A command that a person gave, as the current details show it. `redo`: by it the workflow was started. */
export type OperatorAction = {
  /** In ms since the epoch. */
  at: number;
  command: CommandName | 'redo';
  sideEffect?: string;
  affected: number;
  by?: string;
  reason?: string;
};

export const retryFailedUpdate = defineUpdate<CommandAnswer, [RetryFailedInput]>('retryFailed');
export const retryFailedSignal = defineSignal<[RetryFailedInput]>('retryFailed');
export const dismissFailedUpdate = defineUpdate<CommandAnswer, [DismissFailedInput]>('dismissFailed');
export const dismissFailedSignal = defineSignal<[DismissFailedInput]>('dismissFailed');

/** The failure type of a refused update. Its message says what to change. */
export const INVALID_COMMAND = 'InvalidCommand';
