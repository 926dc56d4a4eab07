import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JournalIntake, type JournalIntakeOptions } from '../../../src/intake/journal-intake.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';

test('given a disk that hangs and a flood of broken callbacks, then the log has a line per second, and the metric has all', async () => {
  const lines: string[] = [];
  const metrics = createMetrics();
  const hanging = { quarantine: () => new Promise<void>(() => undefined) };
  const intake = new JournalIntake({
    journal: hanging as unknown as JournalIntakeOptions['journal'],
    direct: {} as JournalIntakeOptions['direct'],
    recent: {} as JournalIntakeOptions['recent'],
    journaled: () => undefined,
    dedupeWindow: 1_000,
    metrics: metrics.journal,
    logger: createLogger('info', { write: (line) => lines.push(line) }),
  });
  const raw = { receivedAt: Date.now(), query: {}, body: '' };
  for (let index = 0; index < 32; index += 1) void intake.keepRefused(raw, 'broken');
  for (let index = 0; index < 100; index += 1) await intake.keepRefused(raw, 'broken');
  assert.ok(lines.length >= 1 && lines.length < 25, `${lines.length} lines`);
  const { values } = await metrics.journal.notQuarantined.get();
  assert.equal(values[0]?.value, 100);
});
