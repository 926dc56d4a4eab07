import assert from 'node:assert/strict';
import { asActivity } from '../../activities/as-activity.ts';
import type { UnitCall } from '../../activities/side-effect.ts';
import type { Pair } from '../../workflows/contract.ts';
import { PLANNED, type PlannedName } from './inputs/deliveries.ts';

/** Runs before a pair or message is done; what it throws is why it could not be. */
export type Fault = (call: UnitCall) => unknown;

/** Side effects that act on one pair or message after the other, and note the key of each that was done. */
export function recordedActs(faults: Partial<Record<PlannedName, Fault>> = {}) {
  const done: Record<PlannedName, UnitCall[]> = {
    clearCaches: [],
    updateSearchIndex: [],
    notifyUsers: [],
  };
  const activityOf = (name: PlannedName) =>
    asActivity(name, {
      async each(call) {
        await faults[name]?.(call);
        done[name].push(call);
        return 'done';
      },
    });
  const activities = Object.fromEntries(PLANNED.map(({ name }) => [name, activityOf(name)]));
  return { done, activities };
}

/** What was done more than once. */
export function repeated(calls: readonly { key: string }[]): string[] {
  const keys = calls.map(({ key }) => key).sort();
  return keys.filter((key, index) => key === keys[index - 1]);
}

/** What calls did, pair by pair, sorted. */
export function pairsDone(calls: readonly { pairs: Pair[] }[]): string[] {
  return calls.flatMap(({ pairs }) => pairs.map(asText)).sort();
}

/** Every side effect was done for each of these pairs, and none twice. */
export function assertDoneOnce(done: Record<PlannedName, UnitCall[]>, pairs: readonly Pair[]): void {
  const expected = pairs.map(asText).sort();
  for (const { name } of PLANNED) {
    assert.deepEqual(repeated(done[name]), [], name);
    assert.deepEqual(pairsDone(done[name]), expected, name);
  }
}

export function asText({ from, to }: Pair): string {
  return `${from} → ${to}`;
}

/** Which friend of {@link twoWay}'s a pair takes off alice's list; NaN: it is the other way round. */
export function friendNumber([pair]: Pair[]): number {
  return Number(pair?.to.match(/^friend-(\d+)$/)?.[1]);
}

/** An account that deletes all its friends, each friendship ending both ways. */
export function twoWay(friends: number): Pair[] {
  return Array.from({ length: friends }, (_, index) => `friend-${index}`).flatMap((friend) => [
    { from: 'alice', to: friend },
    { from: friend, to: 'alice' },
  ]);
}
