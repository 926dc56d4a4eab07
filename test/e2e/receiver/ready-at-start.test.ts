import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { WatchedReceiver } from '../../support/doubles/start-watch.ts';
import { fillJournal } from '../../support/inputs/fill-journal.ts';
import type { ProcessSettings } from '../../support/servers/process.ts';
import { memoryFolder, startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';

/** `npm run bench:receiver -- --only restarts` does it more often, and with 1,000,000 pending. */
const RESTARTS = 4;
/** Each takes long: the deliveries are started meanwhile. */
const RESTARTS_WITH_PENDING = 2;

/** Nobody listens there. */
const NOWHERE = '127.0.0.1:1';

const folder = memoryFolder();
let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(async () => {
  await temporal.stop();
  folder.remove();
});

let journals = 0;
async function receiver(pending: number, settings: ProcessSettings): Promise<WatchedReceiver> {
  journals += 1;
  const JOURNAL_DIR = join(folder.path, String(journals));
  if (pending > 0) await fillJournal(JOURNAL_DIR, pending);
  return WatchedReceiver.on({ ...settings, JOURNAL_DIR });
}

const there = () => ({ TEMPORAL_ADDRESS: String(temporal.settings.connectionOptions.address) });

describe('GET /readyz through many restarts', { concurrency: false }, () => {
  test('given no deliveries pending, then it is never 200 while a callback would be refused, stops included', async () => {
    const watched = await receiver(0, there());
    for (let round = 0; round < RESTARTS; round += 1)
      await watched.restart(round % 2 === 0 ? 'SIGTERM' : 'SIGKILL');
    assert.deepEqual(watched.met.refused, []);
    assert.ok(watched.met.notReady > 0);
  });

  test('given 10,000 deliveries pending, then it is never 200 while a callback would be refused', async () => {
    const watched = await receiver(10_000, there());
    for (let round = 0; round < RESTARTS_WITH_PENDING; round += 1) await watched.restart('SIGKILL');
    assert.deepEqual(watched.met.refused, []);
  });

  test('given 10,000 deliveries pending and Temporal away, then it is never 200 before the journal is open', async () => {
    const watched = await receiver(10_000, { TEMPORAL_ADDRESS: NOWHERE });
    for (let round = 0; round < RESTARTS_WITH_PENDING; round += 1) await watched.restart('SIGKILL');
    assert.deepEqual(watched.met.refused, []);
  });
});
