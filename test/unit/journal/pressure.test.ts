import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Pressure } from '../../../src/journal/pressure.ts';
import { until } from '../../support/until.ts';

/** As long as the event loop is looked at, in ms. */
const LOOK = 100;
/** How long pressure is taken for high once it was seen, in ms. */
const HOLD = 500;

let now = 0;
beforeEach(() => {
  now = 0;
});

/** With the test's clock: only how busy the event loop is comes from the machine. */
async function startedNow(): Promise<Pressure> {
  // Before its first turn an event loop has no utilization to tell.
  await turn();
  return new Pressure(() => now);
}

function keepBusy(): void {
  const end = performance.now() + 20;
  while (performance.now() < end);
}

test('given a busy event loop and many deliveries per commit, then pressure is high, and over a while later', async () => {
  const pressure = await startedNow();
  keepBusy();
  now += LOOK;
  pressure.note(32);
  assert.equal(pressure.isHigh, true);
  now += HOLD - 1;
  assert.equal(pressure.isHigh, true);
  now += 1;
  assert.equal(pressure.isHigh, false);
});

test('given a slow disk alone, which makes many deliveries share a commit, then pressure is not high', async () => {
  const pressure = await startedNow();
  const from = performance.eventLoopUtilization();
  await until('the event loop to be idle', () => performance.eventLoopUtilization(from).utilization < 0.25);
  now += LOOK;
  pressure.note(32);
  assert.equal(pressure.isHigh, false);
});

test('given a process that is busy with something else, then pressure is not high', async () => {
  const pressure = await startedNow();
  keepBusy();
  now += LOOK;
  pressure.note(1);
  assert.equal(pressure.isHigh, false);
});
