import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { Pressure } from '../../src/journal/pressure.ts';

/** As long as the event loop is looked at, and a bit more, in ms. */
const LOOK = 120;

function keepBusy(): void {
  const until = performance.now() + LOOK;
  while (performance.now() < until);
}

test('given a busy event loop and many deliveries a commit, then pressure is high, and over a while later', async () => {
  // Before its first turn an event loop has no utilization to tell.
  await turn();
  const pressure = new Pressure();
  keepBusy();
  pressure.note(32);
  assert.equal(pressure.isHigh, true);
  await delay(600);
  assert.equal(pressure.isHigh, false);
});

test('given a slow disk alone, which makes many deliveries share a commit, then pressure is not high', async () => {
  const pressure = new Pressure();
  await delay(LOOK * 3);
  pressure.note(32);
  assert.equal(pressure.isHigh, false);
});

test('given a process that is busy with something else, then pressure is not high', () => {
  const pressure = new Pressure();
  keepBusy();
  pressure.note(1);
  assert.equal(pressure.isHigh, false);
});
