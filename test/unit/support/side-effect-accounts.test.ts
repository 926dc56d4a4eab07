import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { composeCallback } from '../../../src/callback/compose-request.ts';
import type { Arrival, MessageArrival } from '../../support/doubles/ledger-endpoint.ts';
import { digestOf } from '../../support/inputs/numbered-callbacks.ts';
import { pairsOf } from '../../support/inputs/numbered-pairs.ts';
import { documentsOf, keysOf } from '../../support/inputs/stored-friends.ts';
import type { Entry } from '../../support/ledger.ts';
import { accountFor, type Done } from '../../support/side-effect-accounts.ts';

const NOTHING_LEFT: Done['left'] = { keys: new Set(), documents: new Set() };
const NONE = { missing: [], halfDone: [], repeated: [], wrong: [], invented: [] };

function sent(number: number, isAcknowledged = true): Entry {
  const deliveryIds = new Set(isAcknowledged ? [`delivery-${number}`] : []);
  return { pairs: pairsOf(number), requestId: `request-${number}`, deliveryIds, refused: 0, unknown: 0 };
}

function message(number: number, change: Partial<MessageArrival> = {}): MessageArrival {
  const pairs = pairsOf(number);
  const recipient = `from-${number}`;
  const data = { deliveryId: `delivery-${number}`, recipient, part: 1, parts: 1, pairs };
  const timestamp = new Date(0).toISOString();
  const at = 1_000;
  return {
    ...{ at, id: `message-${number}`, isSigned: true, message: { type: 'friend.deleted', timestamp, data } },
    ...change,
  };
}

function relayed(number: number, change: Partial<Arrival> = {}): Arrival {
  const { body } = composeCallback({ sdkAppId: '1', pairs: pairsOf(number), now: 1 });
  const requestId = `request-${number}`;
  const command = 'Sns.CallbackFriendDelete';
  const deliveryId = `delivery-${number}`;
  return { at: 1_000, requestId, command, digest: digestOf(body), isSigned: true, deliveryId, ...change };
}

/** Everything is done for the first two callbacks, unless `change` says otherwise. */
function account(change: Partial<Done> = {}, entries = [sent(0), sent(1)]) {
  return accountFor(entries, {
    left: NOTHING_LEFT,
    messages: [message(0), message(1)],
    relayed: [relayed(0), relayed(1)],
    kills: [],
    ...change,
  });
}

describe('the accounts of side effects', () => {
  test('given everything done once, then there is no fault', () => {
    assert.deepEqual(account(), { faults: NONE, repeatsAfterKills: { messages: 0, relayed: 0 } });
  });

  test('given an acknowledged callback with a key, a document, a message or a relayed callback missing, then each is named', () => {
    const [key = ''] = keysOf(pairsOf(0));
    const [document = ''] = documentsOf(pairsOf(1));
    const left = { keys: new Set([key]), documents: new Set([document]) };
    const { faults } = account({ left, messages: [message(1)], relayed: [relayed(0)] });
    assert.deepEqual(faults, {
      ...NONE,
      missing: [`0: key ${key}, message`, `1: document ${document}, relayed callback`],
    });
  });

  test('given a callback without an answer, then nothing or everything may be done for it', () => {
    const entries = [sent(0, false), sent(1)];
    const left = {
      keys: new Set(keysOf(pairsOf(0))),
      documents: new Set(documentsOf(pairsOf(0))),
    };
    assert.deepEqual(account({}, entries).faults, NONE);
    assert.deepEqual(account({ left, messages: [message(1)], relayed: [relayed(1)] }, entries).faults, NONE);
    assert.deepEqual(account({ messages: [message(1)] }, entries).faults, {
      ...NONE,
      halfDone: ['0: message'],
    });
  });

  test('given a message or a relayed callback twice, then it is a fault unless something was killed in between', () => {
    const again = {
      messages: [message(0), message(1), message(0, { at: 3_000 })],
      relayed: [relayed(0), relayed(1), relayed(1, { at: 3_000 })],
    };
    const killed = account({ ...again, kills: [{ from: 1_500, until: 2_000 }] });
    assert.deepEqual(killed, { faults: NONE, repeatsAfterKills: { messages: 1, relayed: 1 } });
    for (const kills of [[], [{ from: 0, until: 900 }], [{ from: 3_001, until: 4_000 }]]) {
      const { faults } = account({ ...again, kills });
      assert.deepEqual(faults.repeated, [
        'message message-0: at 1000, again at 3000',
        'relayed callback delivery-1: at 1000, again at 3000',
      ]);
    }
  });

  test('given two messages of different ids for the same pairs, then a kill does not excuse the second', () => {
    const twice = [message(0), message(1), message(1, { id: 'another', at: 3_000 })];
    const { faults } = account({ messages: twice, kills: [{ from: 0, until: 9_000 }] });
    assert.deepEqual(faults.wrong, ['1: from-1 got parts 1,1 of 1', '1: from-1 was told 4 of 2 pairs']);
  });

  test('given what is forged, of another delivery or of no callback, then each is named', () => {
    const { faults } = account({
      messages: [message(0, { isSigned: false }), message(1), message(7)],
      relayed: [relayed(0), relayed(1, { deliveryId: 'another' }), relayed(8)],
    });
    assert.deepEqual(faults.wrong, ['0: 1 forged', '1: under another delivery id than was answered']);
    assert.deepEqual(faults.missing, ['0: message']);
    assert.deepEqual(faults.invented, ['message of 7', 'relayed callback of NaN']);
  });
});
