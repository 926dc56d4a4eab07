import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { KNOWN_FAILURE_TYPES } from '../../../activities/failure-types.ts';
import { explainUnknownType } from '../../../src/cli/operate/failure-type.ts';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import type { UndoneDelivery } from '../../../src/temporal/attention/find-attention.ts';

const FOUND: UndoneDelivery[] = [
  {
    ...{ deliveryId: 'x', workflowId: 'friend-deleted/1/x', runId: 'r', execution: 'RUNNING' },
    ...{ since: 0, pairs: 1, parked: { own: 1 } },
    errors: [{ type: 'QuotaExceeded', message: 'too much', count: 1 }],
  },
];

describe('a failure type that somebody typed', () => {
  test('is known in any case of letters, and also when only a delivery has it', () => {
    for (const type of ['Rejected', 'rejected', 'UNREACHABLE', 'timeout', 'NotTried', 'quotaexceeded'])
      assert.equal(explainUnknownType(type, FOUND), undefined, type);
    assert.match(String(explainUnknownType('QuotaExceeded', [])), /there is no failure type QuotaExceeded/);
  });

  test('is refused with the one that may be meant, and with all there are', () => {
    const meant = { Unauthorised: 'Unauthorized', reject: 'Rejected', 'Quota-Exceeded': 'QuotaExceeded' };
    for (const [given, type] of Object.entries(meant)) {
      const why = String(explainUnknownType(given, FOUND));
      assert.ok(why.includes(`Did you mean ${type}?`), why);
      assert.ok(why.includes('There are Unreachable, Busy, '), why);
    }
    assert.doesNotMatch(String(explainUnknownType('x', FOUND)), /Did you mean/);
  });
});

test('the runbook has a row for every failure type that Unfriend makes', () => {
  const runbook = readFileSync(join(PACKAGE_ROOT, 'deploy', 'runbook.md'), 'utf8');
  const rows = runbook.slice(runbook.indexOf('## Failure types'));
  assert.deepEqual(
    KNOWN_FAILURE_TYPES.filter((type) => !new RegExp(`^\\|[^|]*\`${type}\``, 'm').test(rows)),
    [],
  );
});
