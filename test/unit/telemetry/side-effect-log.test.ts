import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { type LoggedAttempt, SideEffectLog } from '../../../src/telemetry/side-effect-log.ts';

type Line = Record<string, unknown>;

function startLog(level = 'info') {
  const lines: Line[] = [];
  const logger = createLogger(level, { write: (line) => lines.push(JSON.parse(line)) });
  return { lines, log: new SideEffectLog(logger) };
}

function failed(deliveryId: string, more: Partial<LoggedAttempt> = {}): LoggedAttempt {
  const failure = { type: 'Unreachable', reason: 'connecting: ECONNREFUSED' };
  return {
    deliveryId,
    sideEffect: 'clearCaches',
    pairs: 1,
    attempt: 1,
    ms: 4,
    outcome: { 'not done': 1 },
    failure,
    ...more,
  };
}

const about = ({ msg, deliveryId, type }: Line) => [msg, deliveryId, type].join(' ');

test('given a side effect of a delivery that fails again and again, then it has one line per failure type', () => {
  const { lines, log } = startLog();
  for (const attempt of [1, 2, 3]) log.attemptEnded(failed('a', { attempt }));
  log.attemptEnded(failed('b'));
  log.attemptEnded(failed('a', { failure: { type: 'Timeout', reason: 'no answer' } }));
  assert.deepEqual(lines.map(about), [
    'side effect failed a Unreachable',
    'side effect failed b Unreachable',
    'side effect failed a Timeout',
  ]);
});

test('given repeats of many deliveries, then one line per ten seconds says how many tries failed', (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const { lines, log } = startLog();
  for (const deliveryId of ['a', 'b', 'c'])
    for (const attempt of [1, 2, 3]) log.attemptEnded(failed(deliveryId, { attempt }));
  lines.length = 0;
  mock.timers.tick(10_000);
  const [line] = lines.splice(0);
  const { time: _, ...summary } = line ?? {};
  assert.deepEqual(summary, {
    level: 'warn',
    sideEffect: 'clearCaches',
    tries: 6,
    seconds: 10,
    type: 'Unreachable',
    reason: 'connecting: ECONNREFUSED',
    msg: 'side effect still fails',
  });
  mock.timers.tick(60_000);
  assert.deepEqual(lines, []);
});

test('given more deliveries in an outage than the log remembers, then their retries write no lines of their own', () => {
  const { lines, log } = startLog();
  const count = 20_500;
  for (const attempt of [1, 2])
    for (let number = 0; number < count; number += 1) log.attemptEnded(failed(`d${number}`, { attempt }));
  assert.equal(lines.length, count);
});

test('given attempts that succeed or are cancelled, then only level debug has their lines', () => {
  const { failure: _, ...done } = failed('a');
  for (const [level, expected] of [
    ['info', []],
    ['debug', ['attempt done a ']],
  ] as const) {
    const { lines, log } = startLog(level);
    log.attemptEnded(done);
    assert.deepEqual(lines.map(about), expected);
  }
});
