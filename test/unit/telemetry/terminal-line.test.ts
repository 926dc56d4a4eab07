import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, type Logger } from '../../../src/telemetry/logger.ts';
import { terminalLine } from '../../../src/telemetry/terminal-line.ts';

const ID = 'ab44fa3e-5c17-447b-997f-1e951fd13687';

/** What a terminal shows of a line, without its time. */
function shown(write: (logger: Logger) => void): string {
  let text = '';
  const logger = createLogger('debug', {
    write: (json) => {
      text = terminalLine(JSON.parse(json));
    },
  });
  write(logger);
  assert.match(text, /^\d\d:\d\d:\d\d /);
  return text.slice('00:00:00 '.length);
}

test('given what a side effect did, then the line says for which delivery, what, and how much', () => {
  const about = { deliveryId: ID, sideEffect: 'updateSearchIndex', pairs: 3, ms: 2 };
  const line = shown((logger) => logger.info(about, 'side effect done'));
  assert.equal(line, 'INFO ab44fa3e updateSearchIndex done: 3 pairs, 2 ms');
});

test('given something that a person has to act on, then the line has the whole delivery id, which commands need', () => {
  const about = { deliveryId: ID, sideEffect: 'clearCaches', type: 'Unreachable', reason: 'ECONNREFUSED' };
  const line = shown((logger) => logger.error(about, 'side effect parked, waits for a person'));
  assert.equal(line, `ERROR ${ID} clearCaches parked, waits for a person: Unreachable, ECONNREFUSED`);
});

test('given the sum of many tries, then the line says how many failed in which time', () => {
  const about = { sideEffect: 'clearCaches', tries: 31, seconds: 10, type: 'Unreachable', reason: 'down' };
  const line = shown((logger) => logger.warn(about, 'side effect still fails'));
  assert.equal(line, 'WARN clearCaches still fails: 31 tries, in 10 s, Unreachable, down');
});

test('given an error, then it is one line with the place where it was thrown', () => {
  const line = shown((logger) => logger.error({ err: new TypeError('no such field') }, 'it broke'));
  assert.match(line, /^ERROR it broke: TypeError: no such field at .*terminal-line\.test\.ts:\d+:\d+\)?$/);
});

test('given text of strangers with line ends and control sequences, then the line stays one line', () => {
  const line = shown((logger) => logger.info({ reason: 'a\r\nb\u001b[2Jc\u2028d\u0007' }, 'refused'));
  assert.equal(line, 'INFO refused: a bc d ');
});
