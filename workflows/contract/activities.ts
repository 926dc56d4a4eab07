import type { RelayedCallback } from './callback.ts';
import type { Delivery, Pair } from './delivery.ts';

/** One message of `notifyUsers` or `notifyBackend`. `part` counts from 1. */
export type Message = { recipient: string; part: number; parts: number };

/** A message in the input of an activity. `pairs`: how many of the input's pairs it carries, after those of the message before it. */
export type BatchedMessage = Message & { pairs: number };

/**
 * The only argument of every side effect's activity, for one pair as well as for a batch. Only side effects that send
 * messages have `messages`: they say which pairs go into which message. Only `relayCallback` has `callback`, and it has
 * no pairs.
 */
export type SideEffectInput = {
  delivery: Delivery;
  pairs: Pair[];
  messages?: BatchedMessage[];
  callback?: RelayedCallback;
};

/** Why a side effect of a pair failed. `type` is one of the documented failure types. */
export type FailureInfo = { type: string; message: string };

/** The failure type of an activity that gave no answer in time. */
export const TIMEOUT_TYPE = 'Timeout';
export const NO_ANSWER_IN_TIME = 'no answer in time';

/** Stands for all failures of a delivery beyond those that it keeps apart. */
export const OTHER_FAILURE: FailureInfo = {
  type: 'Other',
  message: 'further kinds of failures: see the activities',
};

/** The failure of a side effect that was parked without a try, because a person dismissed the rest of a closed delivery. */
export const NOT_TRIED: FailureInfo = {
  type: 'NotTried',
  message: 'the workflow was closed before it was tried',
};

/** What a late try did for a pair whose accounts were friends again: nothing, so that it undoes nothing. */
export const BEFRIENDED = 'befriended';

/**
 * What an activity did for one pair. `detail` is a word for it, such as `cleared`. `failed` means that no retry can
 * help; `attempt` is the attempt of the activity in which that happened.
 */
export type PairOutcome =
  | { status: 'done'; detail: string }
  | { status: 'failed'; error: FailureInfo; attempt: number };

/**
 * The activity of a side effect. It resolves with one outcome per pair, in the order of the input, or with the one
 * outcome of the callback. It throws when another attempt can help; the failure carries {@link FailureDetails}.
 */
export type SideEffectActivity = (input: SideEffectInput) => Promise<PairOutcome[]>;

/** The details of every failure of a side effect's activity, also of its cancellation. */
export type FailureDetails = {
  /** The attempt that failed: a closed activity does not tell the workflow how many it needed. */
  attempt: number;
  /** Only for a batch: the outcome of each pair so far. null: not done yet. */
  outcomes?: (PairOutcome | null)[];
  /** The activity closed only to report progress. The rest shall be tried again in this many ms. */
  again?: number;
};
