import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { REFUSALS } from '../../../src/callback/answer.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { codeIn, readPage, tableRows } from '../../support/inputs/markdown.ts';

const rows = tableRows(readPage('docs', 'callbacks.md'), 'case', 'HTTP', 'answer', 'verdict');
const byVerdict = new Map(rows.map((row) => [codeIn(row.verdict ?? '')[0] ?? '', row]));

describe('docs/callbacks.md', () => {
  test('has one row for every verdict that is counted', async () => {
    const { callbacks } = createMetrics();
    const { values } = await callbacks.get();
    const counted = values.map(({ labels }) => String(labels.verdict)).toSorted();
    assert.ok(counted.length > 10);
    assert.deepEqual([...byVerdict.keys()].toSorted(), counted);
    assert.equal(byVerdict.size, rows.length);
  });

  test('says the HTTP status of every refusal, and that it is FAIL; what the endpoint does not answer is 200 and OK', () => {
    assert.equal(byVerdict.get('passed-through')?.HTTP, 'the endpoint’s');
    for (const [verdict, { HTTP: http, answer = '' }] of byVerdict) {
      if (verdict === 'passed-through') continue;
      const refusal = Object.entries(REFUSALS).find(([name]) => name === verdict)?.[1];
      assert.equal(http, String(refusal?.status ?? 200), verdict);
      assert.equal(codeIn(answer)[0], refusal ? 'FAIL' : 'OK', verdict);
    }
  });
});
