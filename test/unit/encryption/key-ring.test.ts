import assert from 'node:assert/strict';
import { createHmac, hkdfSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { DecryptionError, KeyRing } from '../../../src/encryption/key-ring.ts';
import { PayloadKeysError, parsePayloadKeys } from '../../../src/encryption/payload-keys.ts';

const OLD = `old:${Buffer.alloc(32, 1).toString('base64')}`;
const NEW = `new:${Buffer.alloc(32, 2).toString('base64')}`;
const ring = (...keys: string[]) => new KeyRing(parsePayloadKeys(keys.join(',')));

describe('PAYLOAD_KEYS', () => {
  test('the keys are read in their order', () => {
    assert.deepEqual(
      parsePayloadKeys(` ${NEW}, ${OLD} ,`).map(({ id, secret }) => [id, secret.length]),
      [
        ['new', 32],
        ['old', 32],
      ],
    );
  });

  for (const [what, value] of [
    ['without an id', Buffer.alloc(32).toString('base64')],
    ['of 31 bytes', `a:${Buffer.alloc(31).toString('base64')}`],
    ['of 33 bytes', `a:${Buffer.alloc(33).toString('base64')}`],
    ['with a space in its id', `a b:${Buffer.alloc(32).toString('base64')}`],
    ['that repeats an id', `${OLD},${OLD}`],
  ] as const) {
    test(`a key ${what} is refused, and the message does not repeat it`, () => {
      assert.throws(
        () => parsePayloadKeys(value),
        (error: Error) => {
          assert.ok(error instanceof PayloadKeysError);
          return !error.message.includes(value.slice(-20));
        },
      );
    });
  }
});

describe('KeyRing', () => {
  const plain = Buffer.from('alice unfriended bob');

  test('what was sealed is opened, and two seals of the same differ', () => {
    const keys = ring(OLD);
    const [first, second] = [keys.seal(plain, 'journal'), keys.seal(plain, 'journal')];
    assert.deepEqual(keys.open(first, 'journal'), plain);
    assert.notDeepEqual(first, second);
    assert.ok(!first.includes('alice'));
    assert.deepEqual(keys.open(keys.seal(Buffer.alloc(0), 'temporal'), 'temporal'), Buffer.alloc(0));
  });

  test('after a rotation the new key seals and the old one still opens', () => {
    const before = ring(OLD).seal(plain, 'temporal');
    const rotated = ring(NEW, OLD);
    assert.deepEqual(rotated.open(before, 'temporal'), plain);
    const after = rotated.seal(plain, 'temporal');
    assert.deepEqual(ring(NEW).open(after, 'temporal'), plain);
    assert.throws(() => ring(OLD).open(after, 'temporal'), /the key new, which PAYLOAD_KEYS lacks/);
  });

  test('what was sealed for one purpose is not opened for another', () => {
    assert.throws(() => ring(OLD).open(ring(OLD).seal(plain, 'journal'), 'temporal'), DecryptionError);
  });

  test('another secret under the same id opens nothing, and says so', () => {
    const impostor = ring(`old:${Buffer.alloc(32, 9).toString('base64')}`);
    assert.throws(
      () => impostor.open(ring(OLD).seal(plain, 'journal'), 'journal'),
      /another key of the id old/,
    );
  });

  test('a change of any byte is noticed, and so is a cut at any byte', () => {
    const sealed = ring(OLD).seal(plain, 'journal');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.throws(() => ring(OLD).open(changed, 'journal'), DecryptionError);
      assert.throws(() => ring(OLD).open(sealed.subarray(0, at), 'journal'), DecryptionError);
    }
  });

  test('the hash of an account is an HMAC with a key derived from the first key', () => {
    const secret = Buffer.from(hkdfSync('sha256', Buffer.alloc(32, 2), '', 'unfriend account hash', 32));
    const expected = createHmac('sha256', secret)
      .update('alice')
      .digest()
      .subarray(0, 16)
      .toString('base64url');
    assert.equal(ring(NEW, OLD).hashAccount('alice'), expected);
    assert.deepEqual(ring(NEW, OLD).hashesOf('alice'), [expected, ring(OLD).hashAccount('alice')]);
  });
});
