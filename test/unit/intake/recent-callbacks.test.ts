import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StartOutcome } from '../../../src/callback/delivery-id.ts';
import { DirectIntake } from '../../../src/intake/direct-intake.ts';
import { RecentCallbacks } from '../../../src/intake/recent-callbacks.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { deferred } from '../../support/deferred.ts';
import { callbackOf } from '../../support/inputs/callbacks.ts';

const WINDOW = 120_000;
const AT = 1_700_000_000_000;

/** Callbacks without a RequestId at an intake whose clock the test sets, and whose starts the test answers. */
function intake(window = WINDOW) {
  const clock = { now: 1_000_000 };
  const started: string[] = [];
  const starts = { answer: async (): Promise<StartOutcome> => 'started' };
  const recent = new RecentCallbacks(window, () => clock.now);
  const direct = new DirectIntake({
    starter: {
      start: ({ delivery }) => {
        started.push(`${delivery.deliveryId} of ${delivery.receivedAt}`);
        return starts.answer();
      },
      look: async () => 'absent',
    },
    recent,
    logger: createLogger('silent'),
  });
  /** The time of receipt ends the id, so that ids tell first callbacks from later ones. */
  const accept = async (to: string, receivedAt = AT + clock.now) => {
    const { deliveryId, duplicate } = await direct.accept(
      callbackOf({ pairs: [{ from: 'a', to }], receivedAt }),
    );
    return `${deliveryId.replace(/^[0-9a-f]{24}-/, '')} ${duplicate}`;
  };
  return { clock, started, starts, accept };
}

test('an equal callback within the window is a duplicate with the first delivery id', async () => {
  const { accept, clock } = intake();
  const first = AT + clock.now;
  assert.equal(await accept('b'), `${first} false`);
  clock.now += WINDOW - 1;
  assert.equal(await accept('b'), `${first} true`);
});

test('an equal callback after the window is a new delivery', async () => {
  const { accept, clock } = intake();
  await accept('b');
  clock.now += WINDOW;
  const second = AT + clock.now;
  assert.equal(await accept('b'), `${second} false`);
  clock.now += WINDOW - 1;
  assert.equal(await accept('b'), `${second} true`);
});

test('a duplicate does not prolong the window, which counts from the first', async () => {
  const { accept, clock } = intake();
  await accept('b');
  clock.now += WINDOW - 1;
  assert.match(await accept('b'), / true$/);
  clock.now += 1;
  assert.match(await accept('b'), / false$/);
});

test('different callbacks are told apart', async () => {
  const { accept } = intake();
  assert.match(await accept('b'), / false$/);
  assert.match(await accept('c'), / false$/);
  assert.match(await accept('b'), / true$/);
});

test('the end of one window leaves the others alone', async () => {
  const { accept, clock } = intake();
  await accept('b');
  clock.now += 1;
  await accept('c');
  clock.now += WINDOW - 1;
  assert.match(await accept('c'), / true$/);
  assert.match(await accept('b'), / false$/);
});

test('equal callbacks that arrive at once are started once, and wait for the same receipt', async () => {
  const { accept, starts, started } = intake();
  const answer = deferred<StartOutcome>();
  starts.answer = () => answer;
  const all = Promise.all([accept('b', AT), accept('b', AT + 1), accept('b', AT + 2)]);
  answer.resolve('started');
  assert.deepEqual(await all, [`${AT} false`, `${AT} true`, `${AT} true`]);
  assert.equal(started.length, 1);
});

test('a start that failed may have been made all the same: an equal callback within the window is started under the same id and time', async () => {
  const { accept, clock, starts, started } = intake();
  const first = AT + clock.now;
  starts.answer = async () => {
    throw new Error('no answer in time');
  };
  await assert.rejects(accept('b'), /no answer in time/);
  await assert.rejects(accept('b'), /no answer in time/);
  clock.now += WINDOW - 1;
  starts.answer = async () => 'existing';
  assert.equal(await accept('b'), `${first} true`);
  assert.equal(started.length, 3);
  assert.deepEqual(new Set(started).size, 1, started.join());
  assert.equal(await accept('b'), `${first} true`);
  assert.equal(started.length, 3, 'now it is known to be there');
});

test('a failure that comes after its window has ended leaves the next callback alone', async () => {
  const { accept, clock, starts } = intake();
  const answer = deferred<StartOutcome>();
  starts.answer = () => answer;
  const first = accept('b');
  clock.now += WINDOW;
  starts.answer = async () => 'started';
  const second = AT + clock.now;
  assert.equal(await accept('b'), `${second} false`);
  answer.reject(new Error('not durable'));
  await assert.rejects(first, /not durable/);
  assert.equal(await accept('b'), `${second} true`);
});

test('given a window of zero, then every callback is a delivery of its own', async () => {
  const { accept } = intake(0);
  assert.equal(await accept('b', AT), `${AT} false`);
  assert.equal(await accept('b', AT + 1), `${AT + 1} false`);
});
