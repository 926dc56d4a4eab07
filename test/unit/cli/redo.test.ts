import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { goOnCommand } from '../../../src/cli/redo/go-on-command.ts';
import { moment } from '../../../src/cli/redo/moment.ts';
import { toMemo } from '../../../src/temporal/redo/redo-request.ts';

const HOUR = 3_600_000;
const SINCE = Date.parse('2026-11-25T03:00:00.000Z');
const UNTIL = Date.parse('2026-11-25T04:00:00.123Z');
const ASKED = { sideEffect: 'updateSearchIndex', since: SINCE, until: UNTIL };

describe('the time of a redo', () => {
  test('is ISO 8601 with its zone', () => {
    for (const text of [
      '2026-11-25T03:00:00.000Z',
      '2026-11-25T03:00Z',
      '2026-11-25T11:00:00+08:00',
      '2026-11-24T22:00:00-0500',
    ])
      assert.equal(moment(text), SINCE, text);
  });

  test('or a duration back from now', () => {
    const before = Date.now();
    const at = moment('2h');
    assert.ok(at >= before - 2 * HOUR && at <= Date.now() - 2 * HOUR);
    assert.ok(moment('0') >= before);
  });

  test('and nothing that could be read in two ways', () => {
    for (const text of [
      '2026-11-25T03:00:00',
      '2026-11-25',
      '25.11.2026',
      '1764039600000',
      '2',
      '2026-02-30T00:00Z',
      '2026-11-25T25:00Z',
      'yesterday',
      '',
    ])
      assert.throws(() => moment(text), /expected a time with its zone/, text);
  });
});

describe('a request', () => {
  const requestOf = (account?: string, more = {}) =>
    toMemo({ ...ASKED, ...(account !== undefined && { sought: { account, hashes: [] } }), ...more }).request;

  test('is the same for the same side effect, times and account, whatever the keys are', () => {
    assert.equal(requestOf(), requestOf());
    const hashed = { sought: { account: 'alice', hashes: [{ key: 'a', hash: 'b' }] } };
    assert.equal(requestOf('alice'), requestOf(undefined, hashed));
    const others = [
      requestOf(),
      requestOf('alice'),
      requestOf('Alice'),
      requestOf(undefined, { since: SINCE + 1 }),
      requestOf(undefined, { until: UNTIL + 1 }),
      requestOf(undefined, { sideEffect: 'clearCaches' }),
    ];
    assert.equal(new Set(others).size, others.length);
  });

  test('goes on by a command with absolute times, which a shell passes on as they are', () => {
    const command = goOnCommand({ ...ASKED, account: "-it's $HOME" });
    const words = execFileSync('sh', ['-c', command.replace('npx unfriend', 'printf "%s\\n"')]).toString();
    assert.deepEqual(words.trimEnd().split('\n'), [
      'redo',
      '--effect',
      'updateSearchIndex',
      '--since',
      '2026-11-25T03:00:00.000Z',
      '--until',
      '2026-11-25T04:00:00.123Z',
      "--account=-it's $HOME",
    ]);
  });
});
