import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CarriedState } from '../../../workflows/contract.ts';
import { describeAttention } from '../../../workflows/delivery/attention-memo.ts';
import type { DeliveryProgress } from '../../../workflows/delivery/progress.ts';
import { deliveryOf, largestPairs, progressOf } from '../../support/inputs/deliveries.ts';

/** `count` pairs, all parked in two side effects. Their failures take the errors in turn. */
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
  return progressOf({ ...deliveryOf(largestPairs(count), plan), carried: { sideEffects, errors } });
}

test('the memo counts parked pairs by side effect, and errors by type, most frequent first', () => {
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

test('side effects without parked pairs are not in the memo', () => {
  const { parked } = describeAttention(progressOf(deliveryOf(largestPairs(3))));
  assert.deepEqual(parked, {});
});

test('the memo has a few KB at most, however many failures of however many types there are', () => {
  const errors = Array.from({ length: 100 }, (_, number) => ({
    type: `${number}`.repeat(200),
    message: `${number} `.repeat(300),
  }));
  const memo = describeAttention(parkedProgress(6_000, errors));
  assert.equal(memo.errors.length, 10);
  assert.ok(JSON.stringify(memo).length < 4_000, `${JSON.stringify(memo).length}`);
});
