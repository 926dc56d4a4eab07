import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { endReceivers, KillableReceiver, KillableTemporal } from '../support/killable.ts';
import { NO_FAULTS } from '../support/ledger-comparison.ts';
import { memoryFolder } from '../support/temporal.ts';

/** By how much the receiver's clock is ahead, in ms: what Sign permits, and less than the window of duplicates. */
const AHEAD = 50_000;
const CLOCK_AHEAD = {
  NODE_OPTIONS: `--import=data:text/javascript,const%20now=Date.now;Date.now=()=>now()+${AHEAD}`,
};
const CLOCK_RIGHT = { NODE_OPTIONS: '' };

const folder = memoryFolder();
let temporal: KillableTemporal;
before(async () => {
  temporal = await KillableTemporal.start();
});
afterEach(endReceivers);
after(async () => {
  await temporal.stop();
  folder.remove();
});

test('given a clock set back between two processes, then nothing is lost, duplicates are known, and ages are not below 0', async () => {
  const away = { DATA_DIR: folder.path, TEMPORAL_ADDRESS: '127.0.0.1:1' };
  const receiver = await KillableReceiver.start({ ...away, ...CLOCK_AHEAD });
  const { ledger, url } = receiver;
  for (let index = 0; index < 30; index += 1) await ledger.send(url);
  await receiver.kill();

  await receiver.restart(CLOCK_RIGHT);
  assert.equal(await receiver.metric('unfriend_journal_oldest_pending_age_seconds'), 0);
  for (const entry of ledger.entries.slice(0, 12)) await ledger.resend(url, entry);
  assert.equal(await receiver.metric('unfriend_journal_pending'), 30);
  for (let index = 0; index < 30; index += 1) await ledger.send(url);
  assert.equal(await receiver.metric('unfriend_journal_pending'), 60);
  await receiver.kill();

  await receiver.restart({ ...CLOCK_RIGHT, TEMPORAL_ADDRESS: temporal.address });
  await receiver.drained();
  assert.equal(await receiver.terminate(), 0, receiver.process.stderr);
  assert.deepEqual(ledger.failures, { refused: 0, unknown: 0 });
  assert.deepEqual(await ledger.faults(temporal.client), NO_FAULTS);
});
