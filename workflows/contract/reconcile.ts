import { defineQuery } from '@temporalio/workflow';
import type { FailureInfo } from './activities.ts';
import type { Pair } from './delivery.ts';

/** The workflow type that looks for friendships that ended without a callback. It is no delivery. */
export const RECONCILE_FRIENDS = 'reconcileFriends';

/** The failure type of a start whose input is not valid. */
export const INVALID_INPUT = 'InvalidInput';

/**
 * Which friendships are checked: all that the search index still has (`fromIndex`), or those of some accounts, as From or
 * as To. Exactly one of the two is given.
 */
export type ReconcileInput = {
  fromIndex?: boolean;
  accounts?: string[];
  /** Only counts, and starts nothing. */
  dryRun?: boolean;
  /** Calls to the vendor per second. Absent: as many as `TENCENT_RATE` of the worker allows. */
  rate?: number;
  /** What an earlier run has done. Only continue-as-new sets it. */
  carried?: ReconcileState;
};

/** How many accounts one run takes: they are in the input of each of its activities. */
export const MAX_RECONCILED_ACCOUNTS = 10_000;

/** What was done so far. */
export type ReconcileCounts = {
  /** Documents of the index that were read. */
  documents: number;
  /** Documents whose id does not tell one pair. They are not checked. */
  unreadable: number;
  /** Pairs that the vendor was asked about. */
  pairs: number;
  /** Pairs that are no friends any more: each is started, already started, or (in a dry run) only counted. */
  ended: number;
  started: number;
  /** Another run has started their delivery today. */
  alreadyStarted: number;
  /** Pairs about which the vendor did not say it. */
  failed: number;
};

/** Where a run is. Numbers are the sequence numbers of documents, in which order the index is read. */
export type ReconcilePosition = {
  /** Everything up to here is done. */
  after: number;
  /** The newest document when the run began. */
  until: number;
  /** Documents up to here are being checked, their pairs in order: those up to `last` are done. */
  end?: number;
  last?: Pair;
};

/** A pair that ended, and when the vendor was asked, in ms since the epoch. */
export type EndedPair = Pair & { askedAt: number };

export type ReconcileState = {
  /** When the run began, in ms since the epoch. */
  startedAt: number;
  /** In UTC, as `20260105`: a pair gets at most one delivery per day. */
  day: string;
  /** Absent: nothing was read yet. */
  position?: ReconcilePosition;
  /** Pairs that are counted as ended, and whose deliveries are not started yet. */
  toStart?: EndedPair[];
  /** How many documents the index had at the beginning. */
  total: number;
  counts: ReconcileCounts;
  /** Why pairs failed; the first few kinds. */
  errors: (FailureInfo & { count: number })[];
};

/** The input of the activity. It does a part of the work that takes about half a minute. */
export type CheckFriendshipsInput = Pick<ReconcileInput, 'accounts' | 'dryRun' | 'rate'> & {
  state: ReconcileState;
};

export type CheckFriendships = (
  input: CheckFriendshipsInput,
) => Promise<ReconcileState & { isDone: boolean }>;

/** The answer of the query, and the result of the workflow. `total`: documents of the index. `accounts`: those that were given. */
export type ReconcileReport = ReconcileCounts & {
  status: 'Running' | 'Done';
  dryRun: boolean;
  day: string;
  total: number;
  accounts?: number;
  errors: ReconcileState['errors'];
};

export const reconcileReportQuery = defineQuery<ReconcileReport>('reconcileReport');

/** @param what `index`, or what stands for the accounts. Equal requests have equal ids, so they share one run */
export function reconcileWorkflowId(sdkAppId: string, what: string): string {
  return ['reconcile', sdkAppId, what].join('/');
}
