import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FriendDeletedInput, Pair } from '../../../workflows/contract.ts';
import type { DeliveryProgress } from '../../../workflows/delivery/progress.ts';
import type { UnitStatus } from '../../../workflows/side-effect/unit-status.ts';
import { deliveryOf, largestPairs, pairsOf, progressOf } from '../../support/inputs/deliveries.ts';

const MAX_PAYLOAD = 2 * 1024 * 1024;

/** The input of the next run, after continue-as-new. */
function nextInput(input: FriendDeletedInput, progress: DeliveryProgress): FriendDeletedInput {
  return JSON.parse(JSON.stringify({ ...input, carried: progress.carry() }));
}

const names = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const pairsArbitrary: fc.Arbitrary<Pair[]> = fc.uniqueArray(fc.record({ from: names, to: names }), {
  selector: ({ from, to }) => `${from} ${to}`,
  minLength: 1,
});
const inputArbitrary = fc
  .tuple(pairsArbitrary, fc.constantFrom('from' as const, 'to' as const, 'both' as const))
  .map(([pairs, notifyRecipient]) => deliveryOf(pairs, { notifyRecipient }));
const step = fc.record({
  effect: fc.nat(2),
  unit: fc.nat(),
  status: fc.constantFrom('done' as const, 'befriended' as const, 'retrying' as const, 'parked' as const),
  error: fc.nat(150),
});
type Step = {
  effect: number;
  unit: number;
  status: 'done' | 'befriended' | 'retrying' | 'parked';
  error: number;
};

/** Takes the steps. Returns the status that each unit must have then. */
function take(progress: DeliveryProgress, steps: Step[]): UnitStatus[][] {
  const statuses = progress.sideEffects.map(({ units }) => units.map((): UnitStatus => 'pending'));
  for (const { effect, unit: any, status, error } of steps) {
    const state = progress.sideEffects[effect];
    if (!state || state.units.length === 0) continue;
    const unit = any % state.units.length;
    if (status === 'done' || status === 'befriended') state.succeed(unit, status);
    else
      state.fail(unit, status, {
        type: `T${error % 3}`,
        message: `m${error}`,
        attempts: 1 + state.attempts(unit),
      });
    (statuses[effect] as UnitStatus[])[unit] = status;
  }
  return statuses;
}

test('after any successes and failures the counts add up to the total, and a pair has the worst status of its units', () => {
  const worstFirst: UnitStatus[] = ['parked', 'retrying', 'pending', 'dismissed', 'befriended', 'done'];
  fc.assert(
    fc.property(inputArbitrary, fc.array(step), (input, steps) => {
      const progress = progressOf(input);
      const statuses = take(progress, steps);
      for (const [effect, { units, counts }] of progress.sideEffects.entries()) {
        const { pending, retrying, done, befriended = 0, parked, dismissed, total } = counts;
        const apart = { ...counts, befriended, done: done - befriended };
        assert.equal(pending + retrying + done + parked + dismissed, total);
        assert.equal(total, input.pairs.length);
        for (const status of worstFirst) {
          const expected = input.pairs.filter((_, pair) => {
            const own = units.flatMap(({ pairs }, unit) =>
              pairs.includes(pair) ? [statuses[effect]?.[unit]] : [],
            );
            return worstFirst.find((each) => own.includes(each)) === status;
          });
          assert.equal(apart[status], expected.length, status);
        }
      }
    }),
  );
});

test('given any state, then the next run answers the same, and continues in the same way', () => {
  fc.assert(
    fc.property(inputArbitrary, fc.array(step), fc.array(step), (input, before, after) => {
      const progress = progressOf(input);
      take(progress, before);
      const next = progressOf(nextInput(input, progress));
      assert.deepEqual(next.snapshot(), progress.snapshot());
      assert.deepEqual(next.carry(), progress.carry());
      for (const each of [progress, next]) take(each, after);
      assert.deepEqual(next.snapshot(), progress.snapshot());
    }),
  );
});

test('the carried state has one letter per unit', () => {
  const input = deliveryOf(pairsOf(['a', 'b'], ['a', 'c'], ['a', 'd'], ['a', 'e']));
  const progress = progressOf(input);
  const [caches] = progress.sideEffects;
  caches?.succeed(0);
  caches?.fail(1, 'retrying', { type: 'T', message: 'm', attempts: 1 });
  caches?.fail(2, 'parked', { type: 'T', message: 'm', attempts: 65 });
  assert.deepEqual(progress.carry().sideEffects.clearCaches, {
    marks: 'drp.',
    failures: [
      [1, 0, 1],
      [2, 0, 65],
    ],
  });
});

test('a dismissed pair stays dismissed in the next run', () => {
  const input = deliveryOf(pairsOf(['a', 'b'], ['a', 'c']));
  const carried = { errors: [], sideEffects: { clearCaches: { marks: 'xd', failures: [] } } };
  const [caches] = progressOf({ ...input, carried }).sideEffects;
  assert.deepEqual(caches?.counts, { pending: 0, retrying: 0, done: 1, parked: 0, dismissed: 1, total: 2 });
});

test('the next run shows the same last error in the table', () => {
  const input = deliveryOf(pairsOf(['a', 'b'], ['a', 'c']));
  const progress = progressOf(input);
  const [caches] = progress.sideEffects;
  caches?.fail(0, 'retrying', { type: 'First', message: 'm', attempts: 1 });
  caches?.fail(1, 'retrying', { type: 'Second', message: 'm', attempts: 1 });
  caches?.fail(0, 'parked', { type: 'Third', message: 'm', attempts: 2 });
  assert.match(progress.table(), /Third/);
  assert.equal(progressOf(nextInput(input, progress)).table(), progress.table());
});

for (const notifyRecipient of ['from', 'both'] as const) {
  test(`given 6,000 pairs, all parked with different errors, and messages to ${notifyRecipient}, then every size stays bounded`, () => {
    const input = deliveryOf(largestPairs(6_000), { notifyRecipient });
    const progress = progressOf(input);
    for (const state of progress.sideEffects) {
      for (const unit of state.units.keys()) {
        const message = `${state.name} ${unit}: ${'错误'.repeat(2_000)}`;
        state.fail(unit, 'parked', { type: 'Distinct', message, attempts: 99_999 });
      }
    }
    const next = nextInput(input, progress);
    assert.ok(Buffer.byteLength(JSON.stringify(next)) < MAX_PAYLOAD);
    const snapshot = progress.snapshot();
    assert.equal(snapshot.parkedTotal, 18_000);
    assert.equal(snapshot.parked.length, 200);
    assert.ok(Buffer.byteLength(JSON.stringify(snapshot)) < MAX_PAYLOAD / 2);
    assert.ok(Buffer.byteLength(progress.table()) < 8 * 1024);
    assert.deepEqual(progressOf(next).snapshot(), snapshot);
  });
}

test('failures of too many kinds are counted together as Other, and none is lost', () => {
  const progress = progressOf(deliveryOf(largestPairs(500)));
  const [caches] = progress.sideEffects;
  for (const unit of caches?.units.keys() ?? []) {
    caches?.fail(unit, 'parked', { type: 'Distinct', message: String(unit), attempts: 1 });
  }
  const { errors } = progress.snapshot();
  assert.ok(errors.length <= 101);
  assert.equal(
    errors.reduce((sum, { count }) => sum + count, 0),
    500,
  );
  assert.deepEqual(errors.at(-1)?.type, 'Other');
});
