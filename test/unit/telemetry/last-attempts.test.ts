import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LastAttempts } from '../../../src/telemetry/last-attempts.ts';

test('given attempts of side effects, then the last one of each is told in words', () => {
  let now = 0;
  const attempts = new LastAttempts(['clearCaches', 'updateSearchIndex', 'notifyUsers'], () => now);
  attempts.note('clearCaches', 'Unreachable');
  attempts.note('clearCaches', undefined);
  attempts.note('updateSearchIndex', 'Unauthorized');
  now += 12_400;
  assert.deepEqual(attempts.describe(), {
    clearCaches: 'last attempt done 12 s ago',
    updateSearchIndex: 'last attempt failed 12 s ago: Unauthorized',
    notifyUsers: 'no attempt yet',
  });
});
