import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_FAULTS } from '../../support/ledger-comparison.ts';
import { killableReceiverStage } from '../../support/stages/killable-stage.ts';

/** By how much the receiver's clock is ahead, in ms: what Sign permits, and less than the window of duplicates. */
const AHEAD = 50_000;
const CLOCK_AHEAD = {
  NODE_OPTIONS: `--import=data:text/javascript,const%20now=Date.now;Date.now=()=>now()+${AHEAD}`,
};
const CLOCK_RIGHT = { NODE_OPTIONS: '' };

const stage = killableReceiverStage();

test('given a clock set back between two processes, then nothing is lost, duplicates are known, and ages are not below 0', async () => {
  const receiver = await stage.serve({ TEMPORAL_ADDRESS: '127.0.0.1:1', ...CLOCK_AHEAD });
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

  await receiver.restart({ ...CLOCK_RIGHT, TEMPORAL_ADDRESS: stage.temporal.address });
  await receiver.drained();
  assert.equal(await receiver.terminate(), 0, receiver.process.stderr);
  assert.deepEqual(ledger.failures, { refused: 0, unknown: 0 });
  assert.deepEqual(await ledger.faults(stage.temporal.client), NO_FAULTS);
});
