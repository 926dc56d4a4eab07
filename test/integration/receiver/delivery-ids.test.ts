import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deliveryIds } from '../../../src/callback/delivery-id.ts';
import type { Intake } from '../../../src/intake/intake.ts';
import { callbackOf } from '../../support/inputs/callbacks.ts';
import { collidingCallbacks, identityOf, type Named } from '../../support/inputs/colliding-callbacks.ts';
import { intakeStage } from '../../support/stages/intake-stage.ts';

type Colliding = ReturnType<typeof collidingCallbacks>;

const { startDirect, startJournaling, startedPairs } = intakeStage();

/** Every id that one of them may have. */
function idsOf(sent: Named[], { callback }: Colliding): Set<string> {
  return new Set(
    sent.flatMap((each) => {
      const { key, receivedAt } = callback(each);
      return [...deliveryIds(key, receivedAt)];
    }),
  );
}

/** Each callback was started under the id that was answered, and under no other one. */
async function checkStarted(answered: Map<string, string>, sent: Named[], colliding: Colliding) {
  const expected = new Map(sent.map((each) => [answered.get(identityOf(each)), colliding.pairs(each.body)]));
  assert.equal(expected.size, answered.size, 'no two have the same id');
  for (const id of idsOf(sent, colliding)) assert.deepEqual(await startedPairs(id), expected.get(id), id);
}

/** Sends one after another; returns the id of each callback. */
async function sendAll(intake: Intake, sent: Named[], { callback }: Colliding): Promise<Map<string, string>> {
  const answered = new Map<string, string>();
  for (const each of sent) {
    const { deliveryId, duplicate } = await intake.accept(callback(each));
    const identity = identityOf(each);
    assert.equal(duplicate, answered.has(identity), identity);
    assert.equal(answered.get(identity) ?? deliveryId, deliveryId, identity);
    answered.set(identity, deliveryId);
  }
  return answered;
}

/** Each as RequestId and body. */
const NASTY: Record<string, (set: Colliding) => [string | undefined, number][]> = {
  'a RequestId that looks like the id of another one’s second body': ({ plain, suffixed }) => [
    [plain, 1],
    [suffixed(plain, 2, 8), 3],
    [plain, 2],
  ],
  'such a RequestId with that same body': ({ plain, suffixed }) => [
    [plain, 1],
    [suffixed(plain, 2, 8), 2],
    [plain, 2],
  ],
  'every shorter id taken': ({ plain, suffixed }) => [
    [plain, 1],
    ...[8, 16, 32].map((digits): [string, number] => [suffixed(plain, 2, digits), 2]),
    [plain, 2],
    [plain, 3],
  ],
  'a RequestId that is the hash of another one': ({ odd, hashed }) => [
    [hashed, 1],
    [odd, 1],
    [odd, 2],
    [hashed, 2],
  ],
  'a RequestId that looks like the id of a callback without one': ({ timed, suffixed }) => [
    [undefined, 2],
    [timed, 2],
    [timed, 1],
    [suffixed(timed, 1, 8), 3],
  ],
  'the same the other way round': ({ timed }) => [
    [timed, 1],
    [undefined, 2],
  ],
};

describe('callbacks whose delivery ids collide', () => {
  for (const [index, [what, compose]] of Object.entries(NASTY).entries()) {
    const sequence = (way: string) => {
      const colliding = collidingCallbacks(`${way}-${index}`);
      const once = compose(colliding).map(([requestId, body]) => ({ requestId, body }));
      return { colliding, sent: [...once, ...once.toReversed()] };
    };

    test(`given ${what}, then without a journal each has a workflow and an id of its own`, async () => {
      const { colliding, sent } = sequence('direct');
      const answered = await sendAll(startDirect().direct, sent, colliding);
      await checkStarted(answered, sent, colliding);
    });

    test(`given ${what}, then with a journal each has a workflow and an id of its own`, async () => {
      const { colliding, sent } = sequence('journal');
      const receiver = await startJournaling();
      const answered = await sendAll(receiver.intake, sent, colliding);
      await receiver.handOver();
      await checkStarted(answered, sent, colliding);
    });

    test(`given ${what}, some of them taken by another receiver, then each has one workflow`, async () => {
      const { colliding, sent } = sequence('two');
      const elsewhere = startDirect().direct;
      for (const each of sent.slice(0, 2).toReversed()) await elsewhere.accept(colliding.callback(each));
      const receiver = await startJournaling();
      await sendAll(receiver.intake, sent, colliding);
      await receiver.handOver();

      const found: unknown[] = [];
      for (const id of idsOf(sent, colliding)) found.push(await startedPairs(id));
      const distinct = new Map(sent.map((each) => [identityOf(each), colliding.pairs(each.body)]));
      const text = (pairs: unknown) => JSON.stringify(pairs);
      assert.deepEqual(
        found
          .filter((pairs) => pairs !== undefined)
          .map(text)
          .sort(),
        [...distinct.values()].map(text).sort(),
      );
    });
  }
});

test('given a callback that was started before its answer, and a restart, when its RequestId comes with another body, then both are started, each once', async () => {
  const first = callbackOf({ requestId: 'forgotten-1', pairs: [{ from: 'a', to: 'b' }] });
  const second = callbackOf({ requestId: 'forgotten-1', pairs: [{ from: 'a', to: 'c' }] });
  await startDirect().direct.accept(first);
  const receiver = await startJournaling();
  await receiver.intake.accept(second);
  await receiver.handOver();
  await receiver.intake.accept(first);
  await receiver.handOver();
  assert.deepEqual(await startedPairs('forgotten-1'), [{ from: 'a', to: 'b' }]);
  assert.deepEqual(await startedPairs(`forgotten-1-${second.key.bodyHash.slice(0, 8)}`), [
    { from: 'a', to: 'c' },
  ]);
  assert.equal(await startedPairs(`forgotten-1-${first.key.bodyHash.slice(0, 8)}`), undefined);
});
