import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EmbeddedBackends } from '../../../activities/backends/embedded.ts';
import type { FriendDeletedMessage } from '../../../activities/backends/messenger.ts';
import { clearCaches } from '../../../activities/clear-caches.ts';
import { notifyBackend } from '../../../activities/notify-backend.ts';
import { notifyUsers } from '../../../activities/notify-users.ts';
import { idempotencyKey } from '../../../activities/side-effect.ts';
import { renderTemplate } from '../../../activities/template.ts';
import { updateSearchIndex } from '../../../activities/update-search-index.ts';
import { deliveryOf, pairsOf } from '../../support/inputs/deliveries.ts';
import { carriedBy, describeOutcomes, runnerOf } from '../../support/run-side-effect.ts';

const PAIRS = pairsOf(['alice', 'bob'], ['alice', 'carol']);
const { delivery } = deliveryOf(PAIRS);
const { receivedAt } = delivery;
const BEFORE = receivedAt - 1_000;
const MESSAGE = { recipient: 'alice', part: 1, parts: 1 };

function friends(): EmbeddedBackends {
  const backends = new EmbeddedBackends();
  for (const friend of ['bob', 'carol', 'dave']) backends.befriend('alice', friend, BEFORE);
  return backends;
}

test('every placeholder of a template is replaced by its account', () => {
  const pair = { from: 'alice', to: 'bob' };
  assert.equal(renderTemplate('friends:{From_Account}', pair), 'friends:alice');
  assert.equal(renderTemplate('{To_Account}/{From_Account}/{To_Account}', pair), 'bob/alice/bob');
  assert.equal(renderTemplate('{from_account}{From}{}', pair), '{from_account}{From}{}');
});

test('an account that looks like a placeholder or a pattern is filled in as it is', () => {
  const template = '{From_Account}|{To_Account}';
  for (const odd of ['{To_Account}', '{From_Account}', '$&', '$1', "$'", '*', '{}', ':', ' ', '\\']) {
    assert.equal(renderTemplate(template, { from: odd, to: 'bob' }), `${odd}|bob`);
    assert.equal(renderTemplate(template, { from: 'alice', to: odd }), `alice|${odd}`);
  }
});

test('clearCaches removes the cached list of From, and no other', async () => {
  const backends = friends();
  const clear = runnerOf(clearCaches, { caches: backends });
  assert.deepEqual(describeOutcomes(await clear({ delivery, pairs: PAIRS.slice(0, 1) })), ['done cleared']);
  assert.equal(backends.view('alice').cachedFriends, null);
  assert.deepEqual(backends.view('bob').cachedFriends, ['alice']);
});

test('clearCaches clears every template of every pair, and returns per pair whether a key was there', async () => {
  const backends = friends();
  const clear = runnerOf(clearCaches, {
    caches: backends,
    cacheKeys: ['friends:{From_Account}', 'friends:{To_Account}'],
  });
  const pairs = pairsOf(
    ['alice', 'bob'],
    ['nobody', 'stranger'],
    ['stranger', 'carol'],
    ['alice', 'stranger'],
  );
  const expected = ['done cleared', 'done absent', 'done cleared', 'done cleared'];
  assert.deepEqual(describeOutcomes(await clear({ delivery, pairs })), expected);
  for (const account of ['alice', 'bob', 'carol']) assert.equal(backends.view(account).cachedFriends, null);
  assert.deepEqual(backends.view('dave').cachedFriends, ['alice']);
});

test('clearCaches run twice has no second effect', async () => {
  const backends = friends();
  const clear = runnerOf(clearCaches, { caches: backends });
  await clear({ delivery, pairs: PAIRS });
  assert.deepEqual(describeOutcomes(await clear({ delivery, pairs: PAIRS })), ['done absent', 'done absent']);
});

test('updateSearchIndex removes the documents of the pairs, in their direction only', async () => {
  const backends = friends();
  const update = runnerOf(updateSearchIndex, { searchIndex: backends });
  assert.deepEqual(describeOutcomes(await update({ delivery, pairs: PAIRS })), [
    'done deleted',
    'done deleted',
  ]);
  assert.deepEqual(backends.view('alice').searchableFriends, ['dave']);
  assert.deepEqual(backends.view('bob').searchableFriends, ['alice']);
});

test('updateSearchIndex run twice has no second effect', async () => {
  const backends = friends();
  const update = runnerOf(updateSearchIndex, { searchIndex: backends });
  await update({ delivery, pairs: PAIRS });
  assert.deepEqual(describeOutcomes(await update({ delivery, pairs: PAIRS })), [
    'done absent',
    'done absent',
  ]);
});

test('a document indexed after the callback was received survives a late delete', async () => {
  const backends = friends();
  const update = runnerOf(updateSearchIndex, { searchIndex: backends });
  backends.befriend('alice', 'bob', receivedAt + 1);
  backends.befriend('alice', 'carol', receivedAt);
  assert.deepEqual(describeOutcomes(await update({ delivery, pairs: PAIRS })), [
    'done newer',
    'done deleted',
  ]);
  assert.deepEqual(backends.view('alice').searchableFriends, ['bob', 'dave']);
});

test('a friendship that was made again after the delete survives a repeat of the delete', async () => {
  const backends = friends();
  const update = runnerOf(updateSearchIndex, { searchIndex: backends });
  await update({ delivery, pairs: PAIRS });
  backends.befriend('alice', 'bob', receivedAt + 1);
  assert.deepEqual(describeOutcomes(await update({ delivery, pairs: PAIRS })), ['done newer', 'done absent']);
});

test('notifyUsers sends the message of the contract', async () => {
  const backends = friends();
  const input = carriedBy(MESSAGE, { delivery, pairs: PAIRS });
  assert.deepEqual(describeOutcomes(await runnerOf(notifyUsers, { messenger: backends })(input)), [
    'done sent',
    'done sent',
  ]);
  assert.deepEqual(backends.view('alice').inbox, [
    {
      type: 'friend.deleted',
      timestamp: '2024-08-20T17:11:03.500Z',
      data: { deliveryId: 'delivery-1', recipient: 'alice', part: 1, parts: 1, pairs: PAIRS },
    },
  ]);
  assert.deepEqual(backends.view('bob').inbox, []);
});

test('the bytes of a message are those of the contract, key by key', async () => {
  const backends = friends();
  await runnerOf(notifyUsers, { messenger: backends })(
    carriedBy(MESSAGE, { delivery, pairs: PAIRS.slice(0, 1) }),
  );
  assert.equal(
    JSON.stringify(backends.view('alice').inbox[0]),
    '{"type":"friend.deleted","timestamp":"2024-08-20T17:11:03.500Z","data":{"deliveryId":"delivery-1","recipient":"alice","part":1,"parts":1,"pairs":[{"from":"alice","to":"bob"}]}}',
  );
});

test('notifyUsers run twice reaches nobody twice', async () => {
  const backends = friends();
  const notify = runnerOf(notifyUsers, { messenger: backends });
  const input = carriedBy(MESSAGE, { delivery, pairs: PAIRS });
  await notify(input);
  assert.deepEqual(describeOutcomes(await notify(structuredClone(input))), [
    'done repeated',
    'done repeated',
  ]);
  assert.equal(backends.view('alice').inbox.length, 1);
});

test('notifyBackend sends the message of notifyUsers, under a key of its own', async () => {
  const devices = friends();
  const sent: [message: FriendDeletedMessage, key: string][] = [];
  const endpoint = friends();
  endpoint.send = async (message, key) => {
    sent.push([message, key]);
    return 'sent';
  };
  const backends = { messenger: devices, backendWebhook: endpoint };
  const input = carriedBy(MESSAGE, { delivery, pairs: PAIRS });
  await runnerOf(notifyUsers, backends)(input);
  assert.deepEqual(sent, []);
  await runnerOf(notifyBackend, backends)(input);
  assert.deepEqual(sent, [[devices.view('alice').inbox[0], '1400000000/delivery-1/notifyBackend/alice/1']]);
  assert.equal(devices.view('alice').inbox.length, 1);
});

test('the key of a message of notifyUsers never changes between versions', () => {
  const key = idempotencyKey('notifyUsers', { delivery, pairs: PAIRS, message: MESSAGE });
  assert.equal(key, '1400000000/delivery-1/notifyUsers/alice/1');
});

test('another delivery, recipient or part is another message', async () => {
  const backends = friends();
  const notify = runnerOf(notifyUsers, { messenger: backends });
  const input = { delivery, pairs: PAIRS };
  const message = { ...MESSAGE, parts: 2 };
  const other = { ...delivery, deliveryId: 'delivery-2' };
  await notify(carriedBy(message, input));
  await notify(carriedBy({ ...message, part: 2 }, input));
  await notify(carriedBy(message, { ...input, delivery: other }));
  await notify(carriedBy({ ...message, recipient: 'bob' }, input));
  assert.deepEqual([backends.view('alice').inbox.length, backends.view('bob').inbox.length], [3, 1]);
});

test('idempotency keys are equal for equal things only, whatever the accounts look like', () => {
  const id = fc.oneof(
    fc.constantFrom('a', 'a/b', 'b', '/', '%2F', '1', ''),
    fc.stringMatching(/^[ -~]{1,32}$/),
  );
  const thing = fc.oneof(
    fc.record({ effect: fc.constantFrom('clearCaches', 'updateSearchIndex'), from: id, to: id }),
    fc.record({
      effect: fc.constantFrom('notifyUsers', 'notifyBackend'),
      recipient: id,
      part: fc.integer({ min: 1, max: 3 }),
    }),
  );
  const keyOf = (what: typeof thing extends fc.Arbitrary<infer T> ? T : never) => {
    if ('from' in what)
      return idempotencyKey(what.effect, { delivery, pairs: [{ from: what.from, to: what.to }] });
    const { recipient, part } = what;
    return idempotencyKey(what.effect, { delivery, pairs: [], message: { recipient, part, parts: 3 } });
  };
  fc.assert(
    fc.property(thing, thing, (one, other) => {
      assert.equal(keyOf(one) === keyOf(other), JSON.stringify(one) === JSON.stringify(other));
    }),
  );
});
