import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FAILURE_TYPES } from '../../../activities/backends/backend.ts';
import { statusFailure } from '../../../activities/backends/net/http-failures.ts';
import { FAILED, NO_ANSWER, OK } from '../../../src/callback/answer.ts';
import { RELAY_FIELDS } from '../../../src/config/relay-fields.ts';
import { PASSED_THROUGH } from '../../../src/telemetry/relay-metrics.ts';
import { codeIn, readPage, sectionOf, tableRows } from '../../support/inputs/markdown.ts';

const page = readPage('docs', 'relay.md');
const runbook = readPage('deploy', 'runbook.md');

describe('docs/relay.md', () => {
  test('names every setting of the relay', () => {
    const named = page.codeSpans.join(' ');
    for (const name of Object.keys(RELAY_FIELDS)) assert.ok(named.includes(name), name);
  });

  test('has one row for every result of a callback that is passed through', () => {
    const rows = tableRows(page, 'what happens').filter((row) => 'Unfriend answers' in row);
    const results = rows.flatMap((row) => codeIn(Object.values(row)[1] ?? '')[0] ?? []);
    assert.deepEqual(results.toSorted(), [...PASSED_THROUGH].toSorted());
  });

  test('the runbook says of every result without an answer what to do', () => {
    const rows = tableRows(
      { text: sectionOf(runbook, 'UnfriendRelayUnanswered') },
      'result',
      'meaning',
      'do',
    );
    const results = rows.flatMap(({ result = '' }) => codeIn(result));
    const unanswered = PASSED_THROUGH.filter((result) => result !== 'answered');
    assert.deepEqual(results.toSorted(), unanswered.toSorted());
  });

  test('says the status of each answer that RELAY_FAILURE can choose', () => {
    const answers = { none: NO_ANSWER, ok: OK, fail: FAILED };
    const rows = tableRows(page, '`RELAY_FAILURE`', 'Unfriend answers');
    assert.deepEqual(
      rows.map((row) => codeIn(row['`RELAY_FAILURE`'] ?? '')[0]),
      Object.keys(answers),
    );
    for (const [index, { status }] of Object.values(answers).entries())
      assert.match(rows[index]?.['Unfriend answers'] ?? '', new RegExp(`^${status} `));
  });

  test('says rightly which failure an HTTP status is for a durable callback, and whether it is retried', () => {
    const rows = tableRows(page, 'the endpoint answers', 'failure type', 'what happens');
    const told = rows.flatMap((row) => {
      const statuses = row['the endpoint answers']?.match(/\b[45](\d\d|xx)\b/g) ?? [];
      const [type] = codeIn(row['failure type'] ?? '');
      return statuses.map((status) => ({ status, type, happens: row['what happens'] ?? '' }));
    });
    assert.ok(told.length >= 7);
    for (const { status, type, happens } of told) {
      const isWithRetryAfter = status === '503';
      const code = Number(status.replace('xx', '18'));
      const failure = statusFailure(code, 'the endpoint', isWithRetryAfter ? 1_000 : undefined);
      assert.equal(failure.type, type, status);
      const { retryable } = FAILURE_TYPES[failure.type];
      assert.match(happens, retryable ? /^retried/ : /^parked/, status);
    }
  });
});
