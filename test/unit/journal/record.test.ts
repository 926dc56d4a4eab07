import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { RecordCodec } from '../../../src/journal/encryption/record-codec.ts';
import {
  checkRecord,
  DamagedRecordError,
  MARKER,
  type RecordKind,
  readRecord,
} from '../../../src/journal/record.ts';
import { encodeFormat1 } from '../../support/inputs/journal-format-1.ts';
import { keysOf } from '../../support/inputs/payload-keys.ts';

const KEY = '01JDG5W0000000000000000000';
const content = fc.object({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as object);
const anyKind = fc.constantFrom<RecordKind>('pending', 'quarantined');
const plain = new RecordCodec();

for (const [what, codec] of [
  ['a plain record', plain],
  ['an encrypted record', new RecordCodec(keysOf('k1'))],
] as const) {
  const isEncrypted = codec.keyId !== undefined;

  describe(what, () => {
    test('what was encoded under a key is what is decoded under it', () => {
      fc.assert(
        fc.property(content, fc.string(), anyKind, (value, key, kind) => {
          assert.deepEqual(codec.decode(kind, key, codec.encode(kind, key, value)), value);
        }),
      );
    });

    test('a record is found by itself, whatever follows: its kind, its key and its content', () => {
      fc.assert(
        fc.property(content, anyKind, fc.uint8Array(), (value, kind, rest) => {
          const record = codec.encode(kind, KEY, value);
          const read = readRecord(Buffer.concat([record, rest]));
          assert.ok(read);
          assert.deepEqual([read.kind, read.key, read.bytes], [kind, KEY, record.length]);
          assert.equal(read.isEncrypted, isEncrypted);
          assert.deepEqual(codec.read(read), value);
        }),
      );
    });

    test('a record with any byte changed is damaged, and no key is needed to notice it', () => {
      fc.assert(
        fc.property(content, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, change) => {
          const record = codec.encode('pending', KEY, value);
          const index = at % record.length;
          record[index] = (record[index] ?? 0) ^ change;
          assert.throws(() => checkRecord('pending', KEY, record), DamagedRecordError);
          assert.throws(() => codec.decode('pending', KEY, record), DamagedRecordError);
          assert.equal(readRecord(record), undefined);
        }),
      );
    });

    test('a record cut anywhere is damaged', () => {
      fc.assert(
        fc.property(content, fc.nat(), (value, at) => {
          const record = codec.encode('pending', KEY, value);
          const cut = record.subarray(0, at % record.length);
          assert.throws(() => checkRecord('pending', KEY, cut), DamagedRecordError);
          assert.equal(readRecord(cut), undefined);
        }),
      );
    });

    test('a record under the key of another, or in the wrong part of the journal, is damaged', () => {
      const record = codec.encode('pending', KEY, { pairs: [{ from: 'alice', to: 'bob' }] });
      assert.throws(() => checkRecord('pending', KEY.replace('G', 'H'), record), DamagedRecordError);
      assert.throws(() => checkRecord('quarantined', KEY, record), DamagedRecordError);
    });
  });
}

test('no plain content holds what marks the beginning of a record', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      assert.equal(plain.encode('pending', KEY, { value }).indexOf(MARKER, 1), -1);
    }),
  );
});

test('a record of format 1 is read, and damage to it is noticed', () => {
  const value = { pairs: [{ from: 'alice', to: 'bob' }] };
  const record = encodeFormat1(KEY, value);
  assert.deepEqual(plain.decode('pending', KEY, record), value);
  for (let index = 0; index < record.length; index += 1) {
    const changed = Buffer.from(record);
    changed[index] = (changed[index] ?? 0) ^ 0x10;
    assert.throws(() => checkRecord('pending', KEY, changed), DamagedRecordError);
  }
  assert.throws(() => checkRecord('pending', KEY.replace('G', 'H'), record), DamagedRecordError);
});
