import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { NO_FAULTS } from '../../support/ledger-comparison.ts';
import { killableStage } from '../../support/stages/killable-stage.ts';
import { until } from '../../support/until.ts';

const RATE = 50;

/** The drain of a test, the handover's 5 s, and what a busy machine adds, in ms. */
const STOPPED_WITHIN = 12_000;

const stage = killableStage();

describe('SIGTERM', { concurrency: false }, () => {
  test('given SIGTERM under load, then requests in flight are answered, and acknowledged deliveries are handed over', async () => {
    const receiver = await stage.serve({
      // Long enough for this test's own requests to be sent, however busy the machine.
      DRAIN_DELAY: '1s',
    });
    const { ledger, url } = receiver;
    const load = ledger.load(() => url, RATE);
    await until('some load', () => ledger.acknowledged > RATE);
    await load.stop();
    const inFlight = Promise.all(Array.from({ length: 50 }, () => ledger.send(url)));
    await until('them on their way', () => ledger.acknowledged < ledger.entries.length);
    const startedAt = performance.now();
    assert.equal(await receiver.terminate(), 0, receiver.process.stderr);
    assert.ok(performance.now() - startedAt < STOPPED_WITHIN);
    await inFlight;
    assert.deepEqual(ledger.failures, { refused: 0, unknown: 0 }, [...ledger.unanswered.keys()].join());
    await receiver.restart();
    await receiver.drained();
    assert.deepEqual(await ledger.faults(stage.temporal.client), NO_FAULTS);
  });

  test('given SIGTERM while Temporal is away, then the rest stays in the journal for the next process, which still knows duplicates', async () => {
    const receiver = await stage.serve();
    const { ledger, url } = receiver;
    await stage.temporal.kill();
    for (let index = 0; index < 60; index += 1) await ledger.send(url);
    const startedAt = performance.now();
    assert.equal(await receiver.terminate(), 0, receiver.process.stderr);
    assert.ok(performance.now() - startedAt < STOPPED_WITHIN);

    await receiver.restart();
    assert.equal(await receiver.metric('unfriend_journal_pending'), 60);
    // Again, with and without a RequestId, while they are still pending.
    for (const entry of ledger.entries.slice(0, 12)) await ledger.resend(url, entry);
    assert.equal(await receiver.metric('unfriend_journal_pending'), 60);
    await stage.temporal.restart();
    await receiver.drained();
    assert.equal(await receiver.terminate(), 0, receiver.process.stderr);
    assert.deepEqual(ledger.failures, { refused: 0, unknown: 0 });
    assert.deepEqual(await ledger.faults(stage.temporal.client), NO_FAULTS);
  });

  test('given a second process on the same journal, then the second one ends with 1, says what to set, and disturbs nothing', async () => {
    const DATA_DIR = join(stage.folder, 'shared');
    const receiver = await stage.serve({ DATA_DIR });
    await assert.rejects(stage.serve({ DATA_DIR }), /ended with 1:[\s\S]*JOURNAL_DIR/);
    await receiver.ledger.send(receiver.url);
    await receiver.drained();
    assert.equal(await receiver.terminate(), 0, receiver.process.stderr);
    assert.deepEqual(await receiver.ledger.faults(stage.temporal.client), NO_FAULTS);
  });
});
