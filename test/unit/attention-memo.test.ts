import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeAttention } from '../../workflows/attention-memo.ts';
import type { CarriedState } from '../../workflows/contract.ts';
import { DeliveryProgress } from '../../workflows/progress.ts';
import { deliveryOf, largestPairs } from '../support/deliveries.ts';

/** All of `count` pairs parked in two side effects, the failure of each with an error of its own. */
function parkedProgress(count: number, errors: CarriedState['errors']): DeliveryProgress {
  const failures = Array.from(
    { length: count },
    (_, unit) => [unit, unit % errors.length, 1] as [number, number, number],
  );
  const parked = { marks: 'p'.repeat(count), failures };
  const sideEffects = { clearCaches: parked, updateSearchIndex: parked };
  const plan = {
    sideEffects: ['clearCaches', 'updateSearchIndex'].map((name) => ({ name, per: 'pair' as const })),
  };
  return new DeliveryProgress({ ...deliveryOf(largestPairs(count), plan), carried: { sideEffects, errors } });
}

test('it counts what is parked by side effect, and errors by type, the most frequent first', () => {
  const errors = [
    { type: 'Busy', message: 'slow down' },
    { type: 'Unreachable', message: 'a' },
    { type: 'Unreachable', message: 'b' },
  ];
  assert.deepEqual(describeAttention(parkedProgress(7, errors)), {
    parked: { clearCaches: 7, updateSearchIndex: 7 },
    errors: [
      { type: 'Unreachable', message: 'a', count: 8 },
      { type: 'Busy', message: 'slow down', count: 6 },
    ],
  });
});

test('what is not parked is left out', () => {
  const { parked } = describeAttention(new DeliveryProgress(deliveryOf(largestPairs(3))));
  assert.deepEqual(parked, {});
});

test('however many failures of however many kinds there are, it takes a few KB', () => {
  const errors = Array.from({ length: 100 }, (_, number) => ({
    ...{ type: `${number}`.repeat(200), message: `${number} `.repeat(300) },
  }));
  const memo = describeAttention(parkedProgress(6_000, errors));
  assert.equal(memo.errors.length, 10);
  assert.ok(JSON.stringify(memo).length < 4_000, `${JSON.stringify(memo).length}`);
});
