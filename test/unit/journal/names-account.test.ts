import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { composeRelayed } from '../../../src/callback/relayed-callback.ts';
import { bodyNames, carriesAccount, quarantinedNames } from '../../../src/journal/operate/names-account.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';

const DELIVERY = { deliveryId: 'd', sdkAppId: '1400000000', receivedAt: 0 };

describe('a body names an account', () => {
  const bodies: [body: string, account: string, expected: boolean][] = [
    ['{"PairList":[{"From_Account":"alice","To_Account":"bob"}]}', 'bob', true],
    ['{"PairList":[{"From_Account":"alice2","To_Account":"Alice"}]}', 'alice', false],
    ['{"PairList":[{"From_Account":42}]}', '42', true],
    ['{"PairList":[{"From_Account":true,"To_Account":null}]}', 'true', false],
    ['{"say \\"hi\\"":1}', 'say "hi"', true],
    ['{"From_Account":"say \\"hi\\""}', 'say "hi"', true],
    ['{"From_Account":"\\u0061lice"}', 'alice', true],
    ['{"From_Account":"alice"', 'alice', true],
    ['From_Account=alice&To_Account=bob', 'alice', true],
    ['From_Account=alice2', 'alice', false],
    ['a.ice', 'alice', false],
    ['alice', 'a.ice', false],
    ['{"a":"x', '(', false],
    [`${'['.repeat(100_000)}"alice"${']'.repeat(100_000)}`, 'alice', true],
    ['', 'alice', false],
  ];
  for (const [body, account, expected] of bodies) {
    test(`${account} ${expected ? 'in' : 'not in'} ${body.slice(0, 60)}`, () => {
      assert.equal(bodyNames(body, account), expected);
    });
  }
});

test('a pending delivery carries the accounts of its pairs, and those of the callback that the endpoint gets', async () => {
  const pending = { delivery: DELIVERY, pairs: pairsOf(['alice', 'bob']), bodyHash: 'h' };
  assert.ok(carriesAccount(pending, 'alice'));
  assert.ok(carriesAccount(pending, 'bob'));
  assert.ok(!carriesAccount(pending, 'carol'));
  for (const padding of ['', 'x'.repeat(5_000)]) {
    const body = Buffer.from(JSON.stringify({ From_Account: 'carol', padding }));
    const callback = await composeRelayed({
      query: 'ClientIP=1.2.3.4&UserId=dave',
      contentType: undefined,
      body,
    });
    const relayed = {
      delivery: { ...DELIVERY, command: 'C2C.CallbackAfterSendMsg' },
      pairs: [],
      bodyHash: 'h',
      callback,
    };
    assert.ok(carriesAccount(relayed, 'carol'), callback.encoding);
    assert.ok(carriesAccount(relayed, 'dave'));
    assert.ok(!carriesAccount(relayed, 'alice'));
  }
});

test('a damaged entry of the quarantine neither names an account nor is free of it', () => {
  const known = { reason: 'why', quarantinedAt: 0 };
  assert.equal(quarantinedNames({ ...known, kind: 'damaged', entry: 'AAAA' }, 'alice'), undefined);
  const body = Buffer.from('{"PairList":"alice"}').toString('base64');
  const raw = { receivedAt: 0, query: {}, body };
  assert.equal(quarantinedNames({ ...known, kind: 'raw', raw }, 'alice'), true);
  assert.equal(quarantinedNames({ ...known, kind: 'raw', raw }, 'bob'), false);
});
