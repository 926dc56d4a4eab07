import { randomUUID } from 'node:crypto';
import type { Pair } from '../../../workflows/contract.ts';

/** One callback of the benchmark. `id` is its RequestId, by which every contender knows it again. */
export type Callback = { id: string; pairs: Pair[] };

/**
 * Callbacks whose accounts occur in no other callback, so that every key, document and message of each can be checked.
 * Friendships end in both directions, as in a two-way delete; a callback of one pair has only one direction.
 */
export function freshCallbacks(count: number, pairs: number): Callback[] {
  return Array.from({ length: count }, () => {
    const id = randomUUID();
    const account = `a-${id.slice(0, 13)}`;
    const friendships = Array.from(
      { length: Math.ceil(pairs / 2) },
      (_, index) => `f${index}-${id.slice(0, 13)}`,
    );
    const both = friendships.flatMap((friend) => [
      { from: account, to: friend },
      { from: friend, to: account },
    ]);
    return { id, pairs: both.slice(0, pairs) };
  });
}
