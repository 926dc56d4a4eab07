import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Journal } from '../../../src/journal/journal.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';

/** As much as MAX_BODY lets through. */
const LARGEST = Buffer.alloc(1_900_000, 'x').toString('base64');
const MB = 1024 * 1024;

const folder = temporaryFolder();
after(() => folder.remove());

test('given a sender that never gets it right, then the quarantine stays below a size, and what it can’t keep is counted apart', async () => {
  const metrics = createMetrics();
  const journal = await Journal.open({
    ...{ dir: folder.path, maxPending: 100, remember: 0 },
    ...{ metrics: metrics.journal, logger: createLogger('silent') },
  });
  const raw = { receivedAt: Date.now(), query: {}, body: LARGEST };
  for (let sent = 0; sent < 40; sent += 1)
    await journal.quarantine({ kind: 'raw', reason: 'too often', quarantinedAt: Date.now(), raw });

  const { quarantinedBytes, quarantinedCount } = journal.store;
  assert.ok(quarantinedBytes > 60 * MB && quarantinedBytes < 70 * MB, `${quarantinedBytes} bytes`);
  const count = async (of: 'quarantined' | 'notQuarantined') =>
    (await metrics.journal[of].get()).values[0]?.value;
  assert.equal(await count('quarantined'), quarantinedCount);
  assert.equal(await count('notQuarantined'), 40 - quarantinedCount);
  await journal.close();
});

test('given many callbacks that the full quarantine can’t keep, then the log has few lines about them', async () => {
  const lines: string[] = [];
  const journal = await Journal.open({
    ...{ dir: folder.path, maxPending: 100, remember: 0 },
    ...{
      metrics: createMetrics().journal,
      logger: createLogger('error', { write: (line) => lines.push(line) }),
    },
  });
  const raw = { receivedAt: Date.now(), query: {}, body: '' };
  for (let sent = 0; sent < 1_000; sent += 1)
    await journal.quarantine({ kind: 'raw', reason: 'too often', quarantinedAt: Date.now(), raw });
  await journal.close();
  assert.ok(lines.length > 0 && lines.length < 100, `${lines.length} lines`);
});
