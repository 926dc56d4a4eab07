import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { endReceivers, KillableReceiver, KillableTemporal } from '../support/killable.ts';
import { NO_FAULTS } from '../support/ledger-comparison.ts';
import { memoryFolder } from '../support/temporal.ts';
import { until } from '../support/until.ts';

/** Callbacks a second. */
const RATE = 50;
const ROUNDS = 5;

/** As in the issue: a restart never waits for a lock, in ms. A busy machine gets what its first start needed, twice. */
const READY_WITHIN = 5_000;

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

let receivers = 0;
function serve(): Promise<KillableReceiver> {
  receivers += 1;
  const DATA_DIR = join(folder.path, String(receivers));
  return KillableReceiver.start({ DATA_DIR, TEMPORAL_ADDRESS: temporal.address });
}

/** A random time of load, its only purpose to end at any instruction. */
const whileLoaded = () => delay(100 + Math.random() * 500);

async function settle(receiver: KillableReceiver) {
  await receiver.drained();
  assert.equal(await receiver.terminate(), 0, receiver.process.stderr);
  assert.ok(receiver.ledger.acknowledged > RATE, `only ${receiver.ledger.acknowledged} were acknowledged`);
  return receiver.ledger.faults(temporal.client);
}

describe('under load', { concurrency: false }, () => {
  test('given kill -9 of the receiver at random moments, then each restart is ready at once, nothing is lost and nothing doubled', async () => {
    const receiver = await serve();
    const load = receiver.ledger.load(() => receiver.url, RATE);
    for (let round = 0; round < ROUNDS; round += 1) {
      await whileLoaded();
      await receiver.kill();
      const took = await receiver.restart();
      assert.ok(took < Math.max(READY_WITHIN, 2 * receiver.startedWithin), `ready after ${took} ms`);
    }
    await whileLoaded();
    await load.stop();
    assert.equal(receiver.ledger.failures.refused, 0);
    assert.deepEqual(await settle(receiver), NO_FAULTS);
  });

  test('given kill -9 of Temporal for a while, then every answer is OK, and each callback has its workflow once it is back', async () => {
    const receiver = await serve();
    const load = receiver.ledger.load(() => receiver.url, RATE);
    await whileLoaded();
    await temporal.kill();
    const before = receiver.ledger.acknowledged;
    await until('2 s of load meanwhile', () => receiver.ledger.acknowledged > before + 2 * RATE);
    await temporal.restart();
    await whileLoaded();
    await load.stop();
    assert.deepEqual(receiver.ledger.failures, { refused: 0, unknown: 0 });
    assert.deepEqual(await settle(receiver), NO_FAULTS);
  });

  test('given kill -9 of both, then nothing is lost and nothing doubled', async () => {
    const receiver = await serve();
    const load = receiver.ledger.load(() => receiver.url, RATE);
    await whileLoaded();
    await Promise.all([temporal.kill(), receiver.kill()]);
    await receiver.restart();
    await whileLoaded();
    await receiver.kill();
    await Promise.all([temporal.restart(), receiver.restart()]);
    await whileLoaded();
    await load.stop();
    assert.equal(receiver.ledger.failures.refused, 0);
    assert.deepEqual(await settle(receiver), NO_FAULTS);
  });
});
