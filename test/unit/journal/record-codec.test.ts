import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecryptionError } from '../../../src/encryption/key-ring.ts';
import { RecordCodec } from '../../../src/journal/encryption/record-codec.ts';
import { checkRecord } from '../../../src/journal/record.ts';
import { keysOf } from '../../support/inputs/payload-keys.ts';

const KEY = '01JDG5W0000000000000000000';
const VALUE = { pairs: [{ from: 'alice', to: 'bob' }] };

/** Where a record keeps its kind. A version without encryption knows 0 and 1. */
const KIND_AT = 16;

const withKeys = (...ids: string[]) => new RecordCodec(keysOf(...ids));

test('an encrypted record keeps its key readable, and nothing of its content', () => {
  const record = withKeys('k1').encode('pending', KEY, VALUE);
  assert.ok(record.includes(KEY));
  for (const name of ['alice', 'bob', 'pairs']) assert.ok(!record.includes(name), name);
});

test('a version without encryption takes an encrypted record for a damaged one, never for a plain one', () => {
  const kinds = (['pending', 'quarantined'] as const).map(
    (kind) => withKeys('k1').encode(kind, KEY, VALUE)[KIND_AT],
  );
  assert.deepEqual(kinds, [2, 3]);
});

test('given keys that were rotated, then old records are read, and written anew they need the new key alone', () => {
  const before = withKeys('old').encode('pending', KEY, VALUE);
  const rotated = withKeys('new', 'old');
  assert.deepEqual(rotated.decode('pending', KEY, before), VALUE);
  assert.deepEqual(withKeys('new').decode('pending', KEY, rotated.recode('pending', KEY, before)), VALUE);
});

test('given keys that were turned on, then a plain record is read, and written anew it is encrypted', () => {
  const before = new RecordCodec().encode('quarantined', KEY, VALUE);
  const codec = withKeys('k1');
  assert.deepEqual(codec.decode('quarantined', KEY, before), VALUE);
  assert.ok(!codec.recode('quarantined', KEY, before).includes('alice'));
});

for (const [what, codec, reason] of [
  ['without keys', new RecordCodec(), /^encrypted with the key k1, which PAYLOAD_KEYS lacks$/],
  ['with another key', withKeys('k2'), /^encrypted with the key k1, which PAYLOAD_KEYS lacks$/],
  [
    'with another key of the same id',
    new RecordCodec([{ id: 'k1', secret: Buffer.alloc(32, 7) }]),
    /another key of the id k1/,
  ],
] as const) {
  test(`${what} an encrypted record is whole and can not be read, and the error names the key`, () => {
    const record = withKeys('k1').encode('pending', KEY, VALUE);
    assert.equal(checkRecord('pending', KEY, record).isEncrypted, true);
    assert.throws(
      () => codec.decode('pending', KEY, record),
      (error: Error) => error instanceof DecryptionError && reason.test(error.message),
    );
  });
}
