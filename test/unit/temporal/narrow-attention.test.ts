import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatTable } from '../../../src/cli/table.ts';
import { NEEDS_PERSON } from '../../../src/temporal/attention/attention-query.ts';
import type { UndoneDelivery } from '../../../src/temporal/attention/find-attention.ts';
import { leftOut, narrow, summarise } from '../../../src/temporal/attention/narrow-attention.ts';
import { attentionPage, workflowPage } from '../../../src/temporal/ui-link.ts';
import {
  deliveryName,
  firstWorkflowId,
  readWorkflowId,
  redoWorkflowId,
  retryWorkflowId,
} from '../../../workflows/contract.ts';

const NOW = 1_000_000;

function undone(deliveryId: string, more: Partial<UndoneDelivery> = {}): UndoneDelivery {
  return {
    ...{ deliveryId, workflowId: `friend-deleted/1400000000/${deliveryId}`, runId: 'run' },
    ...{ execution: 'RUNNING', since: NOW - 1_000, pairs: 1 },
    parked: { clearCaches: 2 },
    errors: [{ type: 'Busy', message: 'slow down', count: 2 }],
    ...more,
  };
}

describe('what is meant of all that needs a person', () => {
  const search = undone('search', { parked: { updateSearchIndex: 1 }, errors: [], since: NOW - 60_000 });
  const unknown = undone('unknown', { execution: 'TERMINATED', parked: null, errors: null });
  const all = [undone('cache'), search, unknown];
  const ids = (filter: Parameters<typeof narrow>[1]) => narrow(all, filter, NOW).map((row) => row.deliveryId);

  test('without a filter it is everything', () => assert.deepEqual(ids({}), ['cache', 'search', 'unknown']));
  test('filters narrow together, and what is not known matches no side effect and no error', () => {
    assert.deepEqual(ids({ sideEffect: 'clearCaches' }), ['cache']);
    for (const error of ['Busy', 'busy', 'BUSY']) assert.deepEqual(ids({ error }), ['cache']);
    assert.deepEqual(ids({ error: 'Busy', sideEffect: 'updateSearchIndex' }), []);
    assert.deepEqual(ids({ olderThan: 60_000 }), ['search']);
    assert.deepEqual(ids({ olderThan: 1_000 }), ['cache', 'search', 'unknown']);
  });

  test('it is summed up in pairs by side effect, and in deliveries by error', () => {
    assert.deepEqual(summarise([...all, undone('more', { execution: 'PAUSED' })]), {
      ...{ open: 3, paused: 1, closed: 1 },
      parked: { clearCaches: 4, updateSearchIndex: 1 },
      errors: { Busy: 2 },
    });
  });

  test('what a filter leaves out is counted, open and closed', () => {
    assert.deepEqual(leftOut(all, narrow(all, { error: 'Busy' }, NOW)), { open: 1, closed: 1 });
    assert.deepEqual(leftOut(all, all), { open: 0, closed: 0 });
  });
});

describe('the workflows of one delivery', () => {
  test('retries and redos are told from deliveries by position, whatever a delivery’s id looks like', () => {
    const read = (parts: string) => Object.values(readWorkflowId(`friend-deleted/1/${parts}`));
    assert.deepEqual(read('x'), ['x', 0, 0]);
    assert.deepEqual(read('x/retry-12'), ['x', 0, 12]);
    assert.deepEqual(read('x/redo-2'), ['x', 2, 0]);
    assert.deepEqual(read('x/redo-2/retry-12'), ['x', 2, 12]);
    assert.deepEqual(read('retry-3'), ['retry-3', 0, 0]);
    assert.deepEqual(read('redo-3'), ['redo-3', 0, 0]);
    assert.deepEqual(read('redo-3/retry-1'), ['redo-3', 0, 1]);
    assert.deepEqual(read('redo-3/redo-1/retry-4'), ['redo-3', 1, 4]);
  });

  test('the retries of a redo follow the redo, and those of the delivery follow the delivery', () => {
    for (const id of ['friend-deleted/1/x', 'friend-deleted/1/redo-1', 'callback-relayed/1/retry-1']) {
      const redo = redoWorkflowId(id, 2);
      assert.equal(redo, `${id}/redo-2`);
      assert.deepEqual([id, `${id}/retry-3`].map(firstWorkflowId), [id, id]);
      assert.deepEqual([redo, `${redo}/retry-3`].map(firstWorkflowId), [redo, redo]);
      assert.equal(retryWorkflowId(`${id}/retry-3`, 4), `${id}/retry-4`);
      assert.equal(retryWorkflowId(redo, 1), `${redo}/retry-1`);
      assert.equal(retryWorkflowId(`${redo}/retry-1`, 2), `${redo}/retry-2`);
    }
  });

  test('people name a redo by the delivery and its number, so that it is not taken for the delivery', () => {
    assert.equal(deliveryName('friend-deleted/1/x'), 'x');
    assert.equal(deliveryName('friend-deleted/1/x/retry-1'), 'x');
    assert.equal(deliveryName('friend-deleted/1/x/redo-1'), 'x/redo-1');
    assert.equal(deliveryName('friend-deleted/1/x/redo-1/retry-1'), 'x/redo-1');
  });
});

test('links to the Temporal UI are encoded', () => {
  const run = { namespace: 'a b', workflowId: 'friend-deleted/1/x', runId: 'r' };
  assert.equal(
    workflowPage('http://ui', run),
    'http://ui/namespaces/a%20b/workflows/friend-deleted%2F1%2Fx/r/history',
  );
  const link = new URL(attentionPage('http://ui/base', 'chat'));
  assert.equal(link.pathname, '/base/namespaces/chat/workflows');
  assert.equal(link.searchParams.get('query'), NEEDS_PERSON);
});

test('a table has each cell below its title, and no blanks at the end of a line', () => {
  assert.deepEqual(
    formatTable(
      ['A', 'LONG'],
      [
        ['abc', 'x'],
        ['', 'longer'],
      ],
    ),
    [...['A    LONG', 'abc  x', '     longer']],
  );
});
