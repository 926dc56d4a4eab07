import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { KillableReceiver } from '../../support/doubles/killable.ts';
import { NO_FAULTS } from '../../support/ledger-comparison.ts';
import { killableStage } from '../../support/stages/killable-stage.ts';
import { until } from '../../support/until.ts';

/** Callbacks a second. */
const RATE = 50;
const ROUNDS = 5;

/** As in the issue: a restart never waits for a lock, in ms. A busy machine gets what its first start needed, twice. */
const READY_WITHIN = 5_000;

const stage = killableStage();

/** A random time of load, its only purpose to end at any instruction. */
const whileLoaded = () => delay(100 + Math.random() * 500);

/** However short the random times were: so few callbacks that were acknowledged would prove little. */
const untilEnough = ({ ledger }: KillableReceiver) =>
  until('a second of load', () => ledger.acknowledged > RATE);

async function settle(receiver: KillableReceiver) {
  await receiver.drained();
  assert.equal(await receiver.terminate(), 0, receiver.process.stderr);
  assert.ok(receiver.ledger.acknowledged > RATE, `only ${receiver.ledger.acknowledged} were acknowledged`);
  return receiver.ledger.faults(stage.temporal.client);
}

describe('under load', { concurrency: false }, () => {
  test('given kill -9 of the receiver at random moments, then each restart is ready at once, nothing is lost and nothing doubled', async () => {
    const receiver = await stage.serve();
    const load = receiver.ledger.load(() => receiver.url, RATE);
    for (let round = 0; round < ROUNDS; round += 1) {
      await whileLoaded();
      await receiver.kill();
      const took = await receiver.restart();
      assert.ok(took < Math.max(READY_WITHIN, 2 * receiver.startedWithin), `ready after ${took} ms`);
    }
    await whileLoaded();
    await untilEnough(receiver);
    await load.stop();
    assert.equal(receiver.ledger.failures.refused, 0);
    assert.deepEqual(await settle(receiver), NO_FAULTS);
  });

  test('given kill -9 of Temporal for a while, then every answer is OK, and each callback has its workflow once it is back', async () => {
    const receiver = await stage.serve();
    const load = receiver.ledger.load(() => receiver.url, RATE);
    await whileLoaded();
    await stage.temporal.kill();
    const before = receiver.ledger.acknowledged;
    await until('2 s of load meanwhile', () => receiver.ledger.acknowledged > before + 2 * RATE);
    await stage.temporal.restart();
    await whileLoaded();
    await untilEnough(receiver);
    await load.stop();
    assert.deepEqual(receiver.ledger.failures, { refused: 0, unknown: 0 });
    assert.deepEqual(await settle(receiver), NO_FAULTS);
  });

  test('given kill -9 of both, then nothing is lost and nothing doubled', async () => {
    const receiver = await stage.serve();
    const load = receiver.ledger.load(() => receiver.url, RATE);
    await whileLoaded();
    await Promise.all([stage.temporal.kill(), receiver.kill()]);
    await receiver.restart();
    await whileLoaded();
    await receiver.kill();
    await Promise.all([stage.temporal.restart(), receiver.restart()]);
    await whileLoaded();
    await untilEnough(receiver);
    await load.stop();
    assert.equal(receiver.ledger.failures.refused, 0);
    assert.deepEqual(await settle(receiver), NO_FAULTS);
  });
});
