import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { z } from 'zod';
import { FIELDS } from '../../../src/config/fields.ts';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';

/** Read by Temporal's own library. */
const OF_TEMPORAL = ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'TEMPORAL_API_KEY', 'TEMPORAL_PROFILE'];

const text = readFileSync(join(PACKAGE_ROOT, '.env.example'), 'utf8');
const rows = [...text.matchAll(/^#([A-Z][A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => ({
  name,
  value,
}));
const fields = Object.entries(FIELDS) as [string, z.ZodType][];

describe('.env.example', () => {
  test('has every setting once, and nothing else', () => {
    const names = rows.map(({ name }) => name);
    const expected = [...fields.map(([name]) => name), ...OF_TEMPORAL];
    assert.deepEqual(names.toSorted(), expected.toSorted());
  });

  test('sets nothing, so that a copy of it changes nothing', () => {
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    assert.deepEqual(lines, []);
  });

  test('shows the default of every setting that has one', () => {
    for (const [name, field] of fields) {
      const { data: value } = field.safeParse(undefined);
      if (value === undefined) continue;
      const shown = rows.find((row) => row.name === name)?.value;
      assert.deepEqual(field.safeParse(shown || undefined).data, value, `${name}=${shown}`);
    }
  });
});
