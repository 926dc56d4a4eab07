import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeDismissal } from '../../../workflows/compose-dismissal.ts';
import { deliveryOf, pairsOf, progressOf } from '../../support/inputs/deliveries.ts';

const NOW = Date.parse('2026-01-05T08:44:14.123Z');
const INPUT = deliveryOf(pairsOf(['alice', 'bob'], ['alice', 'carol'], ['dave', 'bob']), { attentionFor: 7 });
const CARRIED = {
  sideEffects: {
    clearCaches: { marks: 'dxp', failures: [[2, 0, 5]] as [number, number, number][] },
    updateSearchIndex: {
      marks: 'pr.',
      failures: [
        [0, 0, 1],
        [1, 0, 2],
      ] as [number, number, number][],
    },
    notifyUsers: { marks: '.d', failures: [] },
  },
  errors: [{ type: 'Rejected', message: 'no' }],
  waitingSince: NOW - 1_000,
};
const CLOSED = { input: INPUT, carried: CARRIED };

function marksOf({ input }: ReturnType<typeof composeDismissal>): (string | undefined)[] {
  return Object.values(input.carried?.sideEffects ?? {}).map(({ marks }) => marks);
}

test('a dismissal of a closed delivery leaves nothing to do, and says who settled it and why', () => {
  const composed = composeDismissal(CLOSED, { by: 'erin', reason: 'gone' }, NOW);
  assert.deepEqual(marksOf(composed), ['dxx', 'xxx', 'xd']);
  // One pair, three pairs, and the two that alice's message carries.
  assert.deepEqual([composed.affected, composed.remaining], [1 + 3 + 2, 0]);
  assert.equal(progressOf(composed.input).status, 'Done');
  const { carried, ...rest } = composed.input;
  assert.deepEqual(carried?.actions, [
    { at: NOW, command: 'dismissFailed', affected: 6, by: 'erin', reason: 'gone' },
  ]);
  assert.deepEqual(rest, INPUT);
});

test('narrowed, the rest is parked and nothing of it runs, whether it was tried or not', () => {
  const composed = composeDismissal(CLOSED, { sideEffect: 'clearCaches', reason: 'gone' }, NOW);
  assert.deepEqual(marksOf(composed), ['dxx', 'ppp', 'pd']);
  assert.deepEqual([composed.affected, composed.remaining], [1, 3 + 2]);
  const { parked } = progressOf(composed.input).snapshot();
  assert.deepEqual(
    parked.map(({ sideEffect, error, attempts }) => [sideEffect, error.type, attempts]),
    [
      ['updateSearchIndex', 'Rejected', 1],
      ['updateSearchIndex', 'Rejected', 2],
      ['updateSearchIndex', 'NotTried', 0],
      ['notifyUsers', 'NotTried', 0],
      ['notifyUsers', 'NotTried', 0],
    ],
  );
});

test('some pairs alone can be dismissed', () => {
  const command = { sideEffect: 'updateSearchIndex', pairs: pairsOf(['dave', 'bob']), reason: 'gone' };
  const composed = composeDismissal(CLOSED, command, NOW);
  assert.deepEqual(marksOf(composed), ['dxp', 'ppx', 'pd']);
  assert.equal(composed.affected, 1);
});

test('given nothing of that is undone, then it says so; given no reason, then it is refused', () => {
  const marks = { marks: 'ddd', failures: [] };
  const carried = { ...CARRIED, sideEffects: { ...CARRIED.sideEffects, clearCaches: marks } };
  const command = { sideEffect: 'clearCaches', reason: 'gone' };
  assert.equal(composeDismissal({ input: INPUT, carried }, command, NOW).affected, 0);
  assert.throws(() => composeDismissal(CLOSED, {}, NOW), /reason: missing/);
});

test('the input composed from is left as it was', () => {
  const before = JSON.stringify(CLOSED);
  composeDismissal(CLOSED, { reason: 'gone' }, NOW);
  assert.equal(JSON.stringify(CLOSED), before);
});
