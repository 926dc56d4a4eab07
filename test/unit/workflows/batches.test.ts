import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FriendDeletedInput, UnitKind } from '../../../workflows/contract.ts';
import { planFriendDeleted } from '../../../workflows/planning/plan-friend-deleted.ts';
import { cutBatches, describeBatch } from '../../../workflows/side-effect/batches.ts';
import { deliveryOf, largestPairs, pairsOf } from '../../support/inputs/deliveries.ts';

function planned(input: FriendDeletedInput, per: UnitKind) {
  const sideEffects = [{ name: 'any', per }];
  const delivery = planFriendDeleted({ ...input, plan: { ...input.plan, sideEffects } });
  const [{ units } = assert.fail()] = delivery.sideEffects;
  const unitAt = (position: number) => units[position] ?? assert.fail();
  const cut = (size: number) =>
    cutBatches([...units.keys()], { size, bytesOf: (unit) => delivery.bytesOf(unitAt(unit)) });
  const inputOf = (batch: readonly number[]) => delivery.composeInput(batch.map(unitAt));
  return { units, cut, inputOf };
}

test('a delivery is batched when its plan says so and it has more than BATCH_ABOVE pairs', () => {
  const batch = { above: 2, size: 100 };
  assert.equal(planFriendDeleted(deliveryOf(largestPairs(2), { batch })).batching, undefined);
  assert.deepEqual(planFriendDeleted(deliveryOf(largestPairs(3), { batch })).batching, batch);
  assert.equal(planFriendDeleted(deliveryOf(largestPairs(3))).batching, undefined);
});

test('all batches but the last are full, and they contain every unit once, in order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(999)), fc.integer({ min: 1, max: 50 }), (some, size) => {
      const units = some.toSorted((a, b) => a - b);
      const batches = cutBatches(units, { size, bytesOf: () => 90 });
      assert.deepEqual(batches.flat(), units);
      assert.equal(batches.length, Math.ceil(units.length / size));
      for (const batch of batches) assert.ok(batch.length >= 1 && batch.length <= size);
    }),
  );
});

test('given units of any size, then only a batch of a single unit can have more than 256 KB', () => {
  const bytes = fc.array(fc.integer({ min: 1, max: 300_000 }));
  fc.assert(
    fc.property(bytes, (sizes) => {
      const sum = (batch: readonly number[]) => batch.reduce((all, unit) => all + (sizes[unit] ?? 0), 0);
      const batches = cutBatches([...sizes.keys()], { size: 100, bytesOf: (unit) => sizes[unit] ?? 0 });
      assert.deepEqual(batches.flat(), [...sizes.keys()]);
      for (const batch of batches) assert.ok(batch.length === 1 || sum(batch) <= 256 * 1024);
    }),
  );
});

for (const character of ['x', '"']) {
  test(`given one recipient with 6,000 friends whose ids are full of ${character}, then inputs stay under 300 KB whatever BATCH_SIZE is`, () => {
    const id = (index: number) => String(index).padEnd(32, character);
    const pairs = Array.from({ length: 6_000 }, (_, index) => ({ from: id(0), to: id(index + 1) }));
    for (const per of ['pair', 'message'] as const) {
      const { cut, inputOf } = planned(deliveryOf(pairs), per);
      const batches = cut(1_000);
      assert.ok(batches.length > 1);
      for (const batch of batches) assert.ok(JSON.stringify(inputOf(batch)).length < 300 * 1024);
    }
  });
}

test('the input of a batch of pairs has the pairs and no messages', () => {
  const input = deliveryOf(pairsOf(['a', 'b'], ['a', 'c'], ['a', 'd']));
  assert.deepEqual(planned(input, 'pair').inputOf([0, 2]), {
    delivery: input.delivery,
    pairs: pairsOf(['a', 'b'], ['a', 'd']),
  });
});

test('the input of a batch of messages has the pairs of the first message, then those of the next', () => {
  const input = deliveryOf(pairsOf(['b', 'x'], ['a', 'z'], ['a', 'y'], ['c', 'x']));
  assert.deepEqual(planned(input, 'message').inputOf([0, 1]), {
    delivery: input.delivery,
    pairs: pairsOf(['a', 'y'], ['a', 'z'], ['b', 'x']),
    messages: [
      { recipient: 'a', part: 1, parts: 1, pairs: 2 },
      { recipient: 'b', part: 1, parts: 1, pairs: 1 },
    ],
  });
});

test('a summary says which units an activity does', () => {
  const input = deliveryOf(largestPairs(6_000));
  const range = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index);
  const { units } = planned(input, 'pair');
  assert.equal(describeBatch(range(100, 100), units), '101–200 of 6,000');
  assert.equal(describeBatch(range(0, 1_000), units), '1–1,000 of 6,000');
  assert.equal(describeBatch([100, 102, 199], units), '3 of 101–200 of 6,000');
  assert.equal(describeBatch([7], units), units[7]?.summary);
  const { units: messages } = planned(input, 'message');
  assert.equal(describeBatch(range(5_900, 100), messages), 'messages 5,901–6,000 of 6,000');
});
