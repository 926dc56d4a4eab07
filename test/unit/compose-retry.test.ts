import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeRetry } from '../../workflows/compose-retry.ts';
import { retryWorkflowId } from '../../workflows/contract.ts';
import { DeliveryProgress } from '../../workflows/progress.ts';
import { deliveryOf, pairsOf } from '../support/deliveries.ts';

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

test('a retry of a closed delivery has what is undone to do, and leaves the rest as it was', () => {
  const { input, affected } = composeRetry({ input: INPUT, carried: CARRIED }, {}, NOW);
  assert.deepEqual(
    Object.values(input.carried?.sideEffects ?? {}).map(({ marks }) => marks),
    ['dxr', 'rr.', 'rd'],
  );
  // One pair, three pairs, and the two that alice's message carries.
  assert.equal(affected, 1 + 3 + 2);
  assert.deepEqual([input.delivery, input.pairs, input.plan], [INPUT.delivery, INPUT.pairs, INPUT.plan]);
  assert.equal(new DeliveryProgress(input).status, 'Retrying');
});

test('it waits anew, counts attempts on, and tells who retried it', () => {
  const { input } = composeRetry({ input: INPUT, carried: CARRIED }, { by: 'erin', reason: 'mended' }, NOW);
  assert.equal(input.carried?.waitingSince, undefined);
  assert.deepEqual(input.carried?.sideEffects.clearCaches?.failures, [[2, 0, 5]]);
  assert.deepEqual(input.carried?.actions, [
    { at: NOW, command: 'retryFailed', affected: 6, by: 'erin', reason: 'mended' },
  ]);
});

test('narrowed, the rest of what is parked stays so', () => {
  const command = { sideEffect: 'updateSearchIndex', pairs: pairsOf(['alice', 'bob']) };
  const { input } = composeRetry({ input: INPUT, carried: CARRIED }, command, NOW);
  assert.deepEqual(
    Object.values(input.carried?.sideEffects ?? {}).map(({ marks }) => marks),
    ['dxp', 'rr.', 'pd'],
  );
});

test('given nothing that is undone, then it says so', () => {
  const done = { marks: 'dxd', failures: [] };
  const carried = {
    sideEffects: { clearCaches: done, updateSearchIndex: done, notifyUsers: { ...done, marks: 'dd' } },
    errors: [],
  };
  assert.equal(composeRetry({ input: INPUT, carried }, {}, NOW).affected, 0);
});

test('given a command that is not right, then it is refused', () => {
  assert.throws(
    () => composeRetry({ input: INPUT, carried: CARRIED }, { sideEffect: 'x' }, NOW),
    /is none of/,
  );
});

test('the input composed from is left as it was', () => {
  const before = JSON.stringify(CARRIED);
  composeRetry({ input: INPUT, carried: CARRIED }, {}, NOW);
  assert.equal(JSON.stringify(CARRIED), before);
});

test('retries of one delivery are counted, and never nested', () => {
  const id = 'friend-deleted/1400000000/x';
  assert.equal(retryWorkflowId(id, 1), `${id}/retry-1`);
  assert.equal(retryWorkflowId(`${id}/retry-1`, 2), `${id}/retry-2`);
});
