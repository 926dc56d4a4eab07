import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Closers } from '../../../src/service/closers.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';

test('given a part that fails to close, then every other part is closed, in order, and the failure is reported', async () => {
  const closed: string[] = [];
  const closers = new Closers(createLogger('silent'));
  closers.add('first added', async () => void closed.push('first added'));
  closers.add('broken', () => Promise.reject(new Error('the disk is gone')));
  closers.add('broken too', () => {
    throw new Error('so is the network');
  });
  closers.add('last added', async ({ drain }) => void closed.push(`last added, drain ${drain}`));

  await assert.rejects(closers.close({ drain: true }), (error: AggregateError) => {
    assert.equal(error.message, 'not everything could be closed: so is the network; the disk is gone');
    assert.equal(error.errors.length, 2);
    return true;
  });
  assert.deepEqual(closed, ['last added, drain true', 'first added']);
  await closers.close({ drain: true });
  assert.equal(closed.length, 2, 'a part is closed once');
});
