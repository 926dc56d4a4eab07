import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ConcurrencyLimit } from '../../../src/temporal/start/concurrency-limit.ts';

const MOST = 128;

/** A server that needs `ms` for a start, and finishes at most `perSecond` of them per second. The others queue. */
type Server = { ms: number; perSecond: number };

function latency({ ms, perSecond }: Server, underWay: number): number {
  return Math.max(ms, (1_000 * underWay) / perSecond);
}

/** Uses all of the limit for so many rounds. In each, as many starts are answered as the limit allows. */
function run(limit: ConcurrencyLimit, server: Server, rounds: number): void {
  for (let round = 0; round < rounds; round += 1) {
    const underWay = limit.current;
    for (let start = 0; start < underWay; start += 1) limit.noteAnswered(latency(server, underWay), underWay);
  }
}

test('given quick starts that use all of the limit, then it grows up to its maximum', () => {
  const limit = new ConcurrencyLimit();
  assert.equal(limit.current, 2);
  run(limit, { ms: 5, perSecond: 1e6 }, 50);
  assert.equal(limit.current, 52);
  run(limit, { ms: 5, perSecond: 1e6 }, 1_000);
  assert.equal(limit.current, MOST);
});

test('given starts that do not use all of the limit, then it does not grow', () => {
  const limit = new ConcurrencyLimit();
  for (let start = 0; start < 1_000; start += 1) limit.noteAnswered(5, 1);
  assert.equal(limit.current, 2);
});

test('whatever the server takes, the limit uses at least 0.7 of it, and no start takes much longer than without a queue', () => {
  const servers = fc.record({
    ms: fc.integer({ min: 1, max: 300 }),
    perSecond: fc.integer({ min: 20, max: 20_000 }),
  });
  fc.assert(
    fc.property(servers, (server) => {
      const limit = new ConcurrencyLimit();
      run(limit, server, 2_000);
      const taken = (1_000 * limit.current) / latency(server, limit.current);
      const possible = Math.min(server.perSecond, (1_000 * MOST) / server.ms);
      assert.ok(taken >= 0.7 * possible, `${taken} of ${possible} per second with ${limit.current} at once`);
      const unqueued = latency(server, 2);
      assert.ok(latency(server, limit.current) <= 1.5 * Math.max(50, 2 * unqueued));
    }),
  );
});

test('given a server that becomes slower for good, then the limit grows again once it knows', () => {
  const limit = new ConcurrencyLimit();
  run(limit, { ms: 10, perSecond: 1e6 }, 500);
  const slow = { ms: 400, perSecond: 1e6 };
  let least = limit.current;
  for (let round = 0; round < 30; round += 1) {
    run(limit, slow, 1);
    least = Math.min(least, limit.current);
  }
  assert.ok(least <= 2, `it shrank to ${least}`);
  run(limit, slow, 500);
  assert.equal(limit.current, MOST);
});

test('given many starts that are refused at once, then the limit is halved once; given one refusal after the other, then it shrinks to one', () => {
  let now = 0;
  const limit = new ConcurrencyLimit(() => now);
  run(limit, { ms: 5, perSecond: 1e6 }, 62);
  assert.equal(limit.current, 64);
  now = 10;
  for (let start = 0; start < 64; start += 1) limit.noteRefused(5);
  assert.equal(limit.current, 32);
  for (let refusal = 0; refusal < 20; refusal += 1) {
    now += 10;
    limit.noteRefused(now);
  }
  assert.equal(limit.current, 1);
});

test('whatever happens, the limit is a whole number from 1 to its maximum', () => {
  const event = fc.oneof(
    fc.record({
      ms: fc.double({ min: 0, max: 10_000, noNaN: true }),
      underWay: fc.integer({ min: 1, max: 500 }),
    }),
    fc.constant('refused' as const),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 2_000 }), (events) => {
      let now = 0;
      const limit = new ConcurrencyLimit(() => now);
      for (const each of events) {
        now += 1;
        if (each === 'refused') limit.noteRefused(now);
        else limit.noteAnswered(each.ms, each.underWay);
        assert.ok(Number.isInteger(limit.current) && limit.current >= 1 && limit.current <= MOST);
      }
    }),
  );
});
