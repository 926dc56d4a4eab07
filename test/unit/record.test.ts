import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkRecord, DamagedRecordError, decodeRecord, encodeRecord } from '../../src/journal/record.ts';

const KEY = '01JDG5W0000000000000000000';
const content = fc.object({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as object);

test('what was encoded under a key is what is decoded under it', () => {
  fc.assert(
    fc.property(content, fc.string(), (value, key) => {
      assert.deepEqual(decodeRecord(key, encodeRecord(key, value)), value);
    }),
  );
});

test('a record with any byte changed is damaged', () => {
  fc.assert(
    fc.property(content, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, change) => {
      const record = encodeRecord(KEY, value);
      const index = at % record.length;
      record[index] = (record[index] ?? 0) ^ change;
      assert.throws(() => checkRecord(KEY, record), DamagedRecordError);
    }),
  );
});

test('a record cut short, or under the key of another, is damaged', () => {
  const record = encodeRecord(KEY, { pairs: [{ from: 'alice', to: 'bob' }] });
  for (let length = 0; length < record.length; length += 1) {
    assert.throws(() => checkRecord(KEY, record.subarray(0, length)), DamagedRecordError);
  }
  assert.throws(() => checkRecord(KEY.replace('G', 'H'), record), DamagedRecordError);
});
