/**
 * What the workflow and everything outside it agree on: ids, messages, search attributes.
 * Nothing in here does I/O; both sides of the sandbox import it.
 */
import { defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';

export const WORKFLOW_TYPE = 'friendDeleted';

/** One directed end of a friendship: `to` left `from`'s friend list. UserIDs, case-sensitive. */
export type Pair = { from: string; to: string };

/** A callback that was validated and acknowledged. */
export type Delivery = {
  deliveryId: string;
  sdkAppId: string;
  /** When the receiver took it, in ms since the epoch. */
  receivedAt: number;
};

/** Whom `notifyUsers` tells: the account whose list became shorter, the one that left it, or both. */
export type Recipient = 'from' | 'to' | 'both';

/** Which message `notifyUsers` sends: `part` counts from 1. */
export type Message = { recipient: string; part: number; parts: number };

/** A message within an activity: it carries so many of the input's pairs, after those of the message before it. */
export type BatchedMessage = Message & { pairs: number };

/**
 * The one argument of every side effect's activity, whether it is about one pair or a batch of them. `messages` is
 * set for `notifyUsers` alone, and says which of the pairs go into which message.
 */
export type SideEffectInput = { delivery: Delivery; pairs: Pair[]; messages?: BatchedMessage[] };

/** What became of a pair. `detail` says more than that it is done, `attempt` in which of the activity's it failed. */
export type Outcome =
  | { status: 'done'; detail: string }
  | { status: 'failed'; error: FailureInfo; attempt: number };

/**
 * Every side effect's activity; resolves with an outcome a pair, in the order of the input's pairs. A pair that
 * `failed` cannot succeed by itself. It throws when something is worth another try, with {@link FailureDetails}.
 */
export type SideEffect = (input: SideEffectInput) => Promise<Outcome[]>;

/**
 * The details of every failure of a side effect, a cancellation included: which attempt it was (a closed activity
 * does not tell), and of a batch what became of each pair so far (null: not done yet). `again`: it ended because it
 * got something done, and in how many ms the rest is worth another try.
 */
export type FailureDetails = { attempt: number; outcomes?: (Outcome | null)[]; again?: number };

/** What one activity of a side effect is about: one pair, or one message that carries several. */
export type UnitKind = 'pair' | 'message';

/** A side effect as the workflow plans it; `name` is the activity's. */
export type PlannedSideEffect = { name: string; per: UnitKind };

/** Fixed when the delivery is received, so that a change of settings never alters a running workflow. */
export type DeliveryPlan = {
  sideEffects: PlannedSideEffect[];
  notifyRecipient: Recipient;
  /** How long the server goes on retrying a side effect of a pair, in ms. */
  retryFor: number;
  /** How long a workflow with parked side effects waits for a person, in ms; absent: it fails at once. */
  attentionFor?: number;
  /** Deliveries of more than `above` pairs have activities of up to `size` units; absent: one a unit, always. */
  batch?: { above: number; size: number };
};

export type FriendDeletedInput = {
  delivery: Delivery;
  pairs: Pair[];
  plan: DeliveryPlan;
  /** What an earlier run of the same delivery had reached; only continue-as-new and a retry of it set this. */
  carried?: CarriedState;
};

/** A side effect's marks, a character a unit, and what failed: which unit, which of the errors, how often. */
export type CarriedMarks = { marks: string; failures: [unit: number, error: number, attempts: number][] };

/** The state that continue-as-new hands over: grows by a few bytes a pair, whatever the errors say. */
export type CarriedState = {
  sideEffects: Record<string, CarriedMarks>;
  errors: FailureInfo[];
  /** Since when it waits for a person, or when one last acted, in ms since the epoch. */
  waitingSince?: number;
  actions?: Action[];
};

/** Why a side effect of a pair failed. `type` is one of the failure types of the README. */
export type FailureInfo = { type: string; message: string };

/** The failure type of an activity that gave no answer in time. */
export const TIMEOUT_TYPE = 'Timeout';

/** Stands for all failures of a delivery beyond those that it keeps apart. */
export const OTHER_FAILURE: FailureInfo = {
  type: 'Other',
  message: 'further kinds of failures: see the activities',
};

/** Parked without a try, as somebody gave up the rest of a closed delivery. */
export const NOT_TRIED: FailureInfo = {
  type: 'NotTried',
  message: 'the workflow was closed before it was tried',
};

export type DeliveryStatus = 'Running' | 'Retrying' | 'NeedsAttention' | 'Done';

/** Pairs by what became of them; the first five add up to `total`. */
export type SideEffectProgress = {
  pending: number;
  retrying: number;
  done: number;
  parked: number;
  dismissed: number;
  total: number;
};

export type ParkedSideEffect = Pair & { sideEffect: string; error: FailureInfo; attempts: number };

/** The answer of the query `progress`, bounded whatever the number of pairs. */
export type Progress = {
  deliveryId: string;
  status: DeliveryStatus;
  pairs: number;
  sideEffects: Record<string, SideEffectProgress>;
  /** The first {@link MAX_PARKED_LISTED}; `parkedTotal` counts them all. */
  parked: ParkedSideEffect[];
  parkedTotal: number;
  /** Failures that are not mended yet, the same ones counted together. */
  errors: (FailureInfo & { count: number })[];
};

export const MAX_PARKED_LISTED = 200;

export const progressQuery = defineQuery<Progress>('progress');

/** For `retry` of a closed delivery, which needs all that is undone: `progress` lists the first of it only. */
export const carriedQuery = defineQuery<CarriedState>('carried');

/** What a command is about: everything, or one side effect, or some pairs; who gives it, and why. */
export type CommandInput = { sideEffect?: string; pairs?: Pair[]; by?: string; reason?: string };

export type RetryFailedInput = CommandInput;
export type DismissFailedInput = CommandInput & { reason: string };

/** Counts pairs, once a side effect: how many the command retries or dismisses, and how many stay parked. */
export type CommandAnswer = { affected: number; remaining: number };

export type CommandName = 'retryFailed' | 'dismissFailed';

/** What a person did, in short. */
export type Action = {
  /** ms since the epoch. */
  at: number;
  command: CommandName;
  sideEffect?: string;
  affected: number;
  by?: string;
  reason?: string;
};

export const retryFailedUpdate = defineUpdate<CommandAnswer, [RetryFailedInput]>('retryFailed');
export const retryFailedSignal = defineSignal<[RetryFailedInput]>('retryFailed');
export const dismissFailedUpdate = defineUpdate<CommandAnswer, [DismissFailedInput]>('dismissFailed');
export const dismissFailedSignal = defineSignal<[DismissFailedInput]>('dismissFailed');

/** The failure type of an update that is refused: its message says what to change. */
export const INVALID_COMMAND = 'InvalidCommand';

/**
 * The failure with which a workflow ends when side effects stay undone. Its details: {@link Progress} and
 * {@link CarriedState}.
 */
export const SIDE_EFFECTS_ABANDONED = 'SideEffectsAbandoned';

/** Stored in plain text by Temporal, like the workflow id. */
export const searchAttributes = {
  status: defineSearchAttributeKey('UnfriendStatus', 'KEYWORD'),
  accounts: defineSearchAttributeKey('UnfriendAccounts', 'KEYWORD_LIST'),
  pairs: defineSearchAttributeKey('UnfriendPairs', 'INT'),
} as const;

/** Beside `bodyHash`, by which a duplicate is told: what lists of deliveries bring along. */
export const ATTENTION_MEMO = 'attention';

/**
 * What a person is waited for, bounded whatever the number of pairs; as it was when the delivery last needed attention.
 * Counts are of pairs, once a side effect; `errors` are by type, each with one of its messages.
 */
export type AttentionMemo = {
  /** Since when it needs attention, in ms since the epoch. */
  since: number;
  parked: Record<string, number>;
  errors: (FailureInfo & { count: number })[];
};

export function workflowId({ sdkAppId, deliveryId }: Pick<Delivery, 'sdkAppId' | 'deliveryId'>): string {
  return `friend-deleted/${sdkAppId}/${deliveryId}`;
}

/**
 * A delivery has one workflow, and one more for each time that it was retried after it was closed: `<id>`,
 * `<id>/retry-1`, `<id>/retry-2`. By position, as a delivery's own id may look like a retry's.
 */
export function readWorkflowId(workflowId: string): { deliveryId: string; retry: number } {
  const [, , deliveryId = '', retry] = workflowId.split('/');
  return { deliveryId, retry: Number(retry?.match(/^retry-(\d+)$/)?.[1] ?? 0) };
}

/** The workflow that goes on with what a closed delivery left undone; `count` is 1 for its first one. */
export function retryWorkflowId(closed: string, count: number): string {
  // By position: a delivery's own id may look like a retry's.
  return [...closed.split('/').slice(0, 3), `retry-${count}`].join('/');
}

/** In the memo, beside `bodyHash`: a search by account does not find this delivery by all of its accounts. */
export const ACCOUNTS_CUT_MEMO = 'accountsCut';

/** Temporal takes 2 KB a value; the encoding adds quotes and commas. */
const MAX_ACCOUNTS_BYTES = 2000;

/** The distinct accounts of a delivery, From first, cut to what one search attribute takes. */
export function indexedAccounts(pairs: readonly Pair[]): { accounts: string[]; isCut: boolean } {
  const distinct = new Set([...pairs.map((pair) => pair.from), ...pairs.map((pair) => pair.to)]);
  const accounts: string[] = [];
  let bytes = 2;
  for (const account of distinct) {
    bytes += JSON.stringify(account).length + 1;
    if (bytes > MAX_ACCOUNTS_BYTES) break;
    accounts.push(account);
  }
  return { accounts, isCut: accounts.length < distinct.size };
}

/** One line for a person: `alice → bob`, `alice ↔ bob`, `alice → bob and 4 more pairs`. */
export function describePairs(pairs: readonly Pair[]): string {
  const [first, second] = pairs;
  if (!first) return 'no pairs';
  const line = `${first.from} → ${first.to}`;
  if (!second) return line;
  const more = pairs.length - 1;
  if (more === 1 && second.from === first.to && second.to === first.from)
    return `${first.from} ↔ ${first.to}`;
  return `${line} and ${more} more ${more === 1 ? 'pair' : 'pairs'}`;
}
