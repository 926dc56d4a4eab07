import pMap from 'p-map';
import { type Pair, pairKey } from '../workflows/contract.ts';
import { BackendError } from './backends/backend.ts';
import type { Friendships } from './backends/friendships.ts';

/** Whether the two are friends now, or the error because of which nobody knows. */
export type FriendAnswer = boolean | Error;

/** One call to the vendor: who of `to` is in `from`'s friend list? */
export type FriendCall = { from: string; to: string[] };

/** How many calls of one activity run at the same time. */
const CALLS_AT_ONCE = 8;

/** After this many failures in a row the vendor counts as away, and the rest is left to the next attempt. */
const FAILURES_IN_A_ROW = 3;

/** An activity has 30 s for everything. */
const LONGEST_MS = 15_000;

/** Cuts pairs into calls. Equal pairs are asked about once. */
export function cutCalls(pairs: readonly Pair[], atOnce: number): FriendCall[] {
  const byFrom = new Map<string, Set<string>>();
  for (const { from, to } of pairs) byFrom.set(from, (byFrom.get(from) ?? new Set()).add(to));
  return [...byFrom].flatMap(([from, friends]) => {
    const to = [...friends];
    const starts = Array.from({ length: Math.ceil(to.length / atOnce) }, (_, call) => call * atOnce);
    return starts.map((start) => ({ from, to: to.slice(start, start + atOnce) }));
  });
}

/**
 * Asks about many pairs, within a bounded time.
 *
 * @returns the answer for a pair that was asked about
 */
export async function askFriendships(
  friendships: Friendships,
  pairs: readonly Pair[],
  signal: AbortSignal,
): Promise<(pair: Pair) => FriendAnswer> {
  const answers = new Map<string, FriendAnswer>();
  const deadline = performance.now() + LONGEST_MS;
  let failedInARow = 0;
  let failure: Error = new BackendError('Busy', 'the checks of friendships take too long for one try');
  const ask = async ({ from, to }: FriendCall) => {
    if (failedInARow >= FAILURES_IN_A_ROW || signal.aborted || performance.now() > deadline) return;
    try {
      const friends = await friendships.areFriends(from, to, signal);
      for (const [index, account] of to.entries()) {
        answers.set(pairKey({ from, to: account }), friends[index] ?? failure);
      }
      failedInARow = 0;
    } catch (error) {
      failedInARow += 1;
      failure = error instanceof Error ? error : new Error(String(error));
      for (const account of to) answers.set(pairKey({ from, to: account }), failure);
    }
  };
  await pMap(cutCalls(pairs, friendships.atOnce), ask, { concurrency: CALLS_AT_ONCE });
  return (pair) => answers.get(pairKey(pair)) ?? failure;
}
