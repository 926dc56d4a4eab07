import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { SummedLog } from '../../../src/telemetry/summed-log.ts';

function summedLog(level = 'info') {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger(level, {
    write: (line) => {
      const { time: _, ...rest } = JSON.parse(line);
      lines.push(rest);
    },
  });
  return { lines, summed: new SummedLog(logger) };
}

test('given many lines of one kind, then the first is written, and each second how many were left out', (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const { lines, summed } = summedLog();
  const write = (count: number, verdict: string) => {
    for (let ms = 0; ms < count; ms += 1)
      summed.write({ level: 'info', message: 'refused', kind: { verdict }, fields: { ms } });
  };
  const first = { level: 'info', ms: 0, msg: 'refused' };

  write(500, 'unauthorized');
  write(1, 'wrong-app');
  assert.deepEqual(lines.splice(0), [
    { ...first, verdict: 'unauthorized' },
    { ...first, verdict: 'wrong-app' },
  ]);

  mock.timers.tick(1_000);
  assert.deepEqual(lines.splice(0), [
    { level: 'info', verdict: 'unauthorized', leftOut: 499, msg: 'refused' },
  ]);

  write(2, 'unauthorized');
  mock.timers.tick(1_000);
  assert.deepEqual(lines.splice(0), [
    { ...first, verdict: 'unauthorized' },
    { level: 'info', verdict: 'unauthorized', leftOut: 1, msg: 'refused' },
  ]);

  mock.timers.tick(10_000);
  assert.deepEqual(lines, []);
});

test('a level that is not wanted costs nothing', () => {
  const { lines, summed } = summedLog('error');
  summed.write({ level: 'info', message: 'refused' });
  assert.deepEqual(lines, []);
});
