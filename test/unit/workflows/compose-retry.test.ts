import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeRetry } from '../../../workflows/compose-retry.ts';
import { retryWorkflowId } from '../../../workflows/contract.ts';
import { deliveryOf, pairsOf, progressOf } from '../../support/inputs/deliveries.ts';

const NOW = Date.parse('2026-01-05T08:44:14.123Z');
const INPUT = deliveryOf(pairsOf(['alice', 'bob'], ['alice', 'carol'], ['dave', 'bob']), { attentionFor: 7 });
const CARRIED = {
  sideEffects: {
    clearCaches: { marks: 'dxp', failures: [[2, 0, 5]] as [number, number, number][] },
    updateSearchIndex: { marks: 'pr.', failures: [[0, 0, 1] as [number, number, number]] },
    notifyUsers: { marks: 'pd', failures: [[0, 0, 1] as [number, number, number]] },
  },
  errors: [{ type: 'Rejected', message: 'no' }],
  waitingSince: NOW - 1_000,
};

test('a retry of a closed delivery does what is undone, and leaves the rest as it was', () => {
  const { input, affected } = composeRetry({ input: INPUT, carried: CARRIED }, {}, NOW);
  assert.deepEqual(
    Object.values(input.carried?.sideEffects ?? {}).map(({ marks }) => marks),
    ['dxr', 'rr.', 'rd'],
  );
  // One pair of clearCaches, three of updateSearchIndex, and the two that alice's message carries.
  assert.equal(affected, 1 + 3 + 2);
  assert.deepEqual([input.delivery, input.pairs, input.plan], [INPUT.delivery, INPUT.pairs, INPUT.plan]);
  assert.equal(progressOf(input).status, 'Retrying');
});

test('the retry starts a new wait, continues to count attempts, and shows who retried it', () => {
  const { input } = composeRetry({ input: INPUT, carried: CARRIED }, { by: 'erin', reason: 'mended' }, NOW);
  assert.equal(input.carried?.waitingSince, undefined);
  assert.deepEqual(input.carried?.sideEffects.clearCaches?.failures, [[2, 0, 5]]);
  assert.deepEqual(input.carried?.actions, [
    { at: NOW, command: 'retryFailed', affected: 6, by: 'erin', reason: 'mended' },
  ]);
});

test('given a narrowed command, then everything else that is parked stays parked', () => {
  const command = { sideEffect: 'updateSearchIndex', pairs: pairsOf(['alice', 'bob']) };
  const { input } = composeRetry({ input: INPUT, carried: CARRIED }, command, NOW);
  assert.deepEqual(
    Object.values(input.carried?.sideEffects ?? {}).map(({ marks }) => marks),
    ['dxp', 'rr.', 'pd'],
  );
});

test('given that nothing is undone, then no side effect is affected', () => {
  const done = { marks: 'dxd', failures: [] };
  const carried = {
    sideEffects: { clearCaches: done, updateSearchIndex: done, notifyUsers: { ...done, marks: 'dd' } },
    errors: [],
  };
  assert.equal(composeRetry({ input: INPUT, carried }, {}, NOW).affected, 0);
});

test('an invalid command is refused', () => {
  assert.throws(
    () => composeRetry({ input: INPUT, carried: CARRIED }, { sideEffect: 'x' }, NOW),
    /is not a side effect/,
  );
});

test('the state of the closed delivery is not changed', () => {
  const before = JSON.stringify(CARRIED);
  composeRetry({ input: INPUT, carried: CARRIED }, {}, NOW);
  assert.equal(JSON.stringify(CARRIED), before);
});

test('the ids of retries are numbered, and never nested', () => {
  const id = 'friend-deleted/1400000000/x';
  assert.equal(retryWorkflowId(id, 1), `${id}/retry-1`);
  assert.equal(retryWorkflowId(`${id}/retry-1`, 2), `${id}/retry-2`);
});
