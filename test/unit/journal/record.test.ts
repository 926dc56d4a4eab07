import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  checkRecord,
  DamagedRecordError,
  decodeRecord,
  encodeRecord,
  MARKER,
  type RecordKind,
  readRecord,
} from '../../../src/journal/record.ts';
import { encodeFormat1 } from '../../support/inputs/journal-format-1.ts';

const KEY = '01JDG5W0000000000000000000';
const content = fc.object({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as object);
const anyKind = fc.constantFrom<RecordKind>('pending', 'quarantined');

test('what was encoded under a key is what is decoded under it', () => {
  fc.assert(
    fc.property(content, fc.string(), anyKind, (value, key, kind) => {
      assert.deepEqual(decodeRecord(kind, key, encodeRecord(kind, key, value)), value);
    }),
  );
});

test('a record is found by itself, whatever follows: its kind, its key and its content', () => {
  fc.assert(
    fc.property(content, anyKind, fc.uint8Array(), (value, kind, rest) => {
      const record = encodeRecord(kind, KEY, value);
      const read = readRecord(Buffer.concat([record, rest]));
      assert.deepEqual([read?.kind, read?.key, read?.bytes], [kind, KEY, record.length]);
      assert.deepEqual(JSON.parse(String(read?.content)), value);
    }),
  );
});

test('a record with any byte changed is damaged', () => {
  fc.assert(
    fc.property(content, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, change) => {
      const record = encodeRecord('pending', KEY, value);
      const index = at % record.length;
      record[index] = (record[index] ?? 0) ^ change;
      assert.throws(() => checkRecord('pending', KEY, record), DamagedRecordError);
      assert.equal(readRecord(record), undefined);
    }),
  );
});

test('a record cut short, under the key of another, or in the wrong part of the journal, is damaged', () => {
  const record = encodeRecord('pending', KEY, { pairs: [{ from: 'alice', to: 'bob' }] });
  for (let length = 0; length < record.length; length += 1) {
    assert.throws(() => checkRecord('pending', KEY, record.subarray(0, length)), DamagedRecordError);
    assert.equal(readRecord(record.subarray(0, length)), undefined);
  }
  assert.throws(() => checkRecord('pending', KEY.replace('G', 'H'), record), DamagedRecordError);
  assert.throws(() => checkRecord('quarantined', KEY, record), DamagedRecordError);
});

test('no content holds what marks the beginning of a record', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      assert.equal(encodeRecord('pending', KEY, { value }).indexOf(MARKER, 1), -1);
    }),
  );
});

test('a record of format 1 is read, and damage to it is noticed', () => {
  const value = { pairs: [{ from: 'alice', to: 'bob' }] };
  const record = encodeFormat1(KEY, value);
  assert.deepEqual(decodeRecord('pending', KEY, record), value);
  for (let index = 0; index < record.length; index += 1) {
    const changed = Buffer.from(record);
    changed[index] = (changed[index] ?? 0) ^ 0x10;
    assert.throws(() => checkRecord('pending', KEY, changed), DamagedRecordError);
  }
  assert.throws(() => checkRecord('pending', KEY.replace('G', 'H'), record), DamagedRecordError);
});
