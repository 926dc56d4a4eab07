import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { z } from 'zod';
import { FIELDS } from '../../../src/config/fields.ts';
import { SECRETS } from '../../../src/config/secrets.ts';
import { codeIn, readPage, sectionOf, tableRows } from '../../support/inputs/markdown.ts';

/** Read by libraries: Temporal's envconfig. */
const READ_ELSEWHERE = /^TEMPORAL_(ADDRESS|NAMESPACE|API_KEY|TLS\*|PROFILE)$/;

const rows = tableRows(readPage('docs', 'settings.md'), 'name', 'default', 'meaning');
const documented = rows.flatMap((row) => codeIn(row.name ?? '').map((name) => ({ name, row })));
const fields = Object.entries(FIELDS) as [string, z.ZodType][];

describe('docs/settings.md', () => {
  test('has one row for every setting, and none for what is no setting', () => {
    const names = documented.map(({ name }) => name).filter((name) => !READ_ELSEWHERE.test(name));
    assert.deepEqual(names.toSorted(), fields.map(([name]) => name).toSorted());
  });

  test('names what Temporal’s own library reads', () => {
    const names = documented.map(({ name }) => name).filter((name) => READ_ELSEWHERE.test(name));
    assert.ok(names.includes('TEMPORAL_ADDRESS') && names.includes('TEMPORAL_NAMESPACE'));
  });

  test('says the right default of every setting that has one', () => {
    for (const [name, field] of fields) {
      const { data: value } = field.safeParse(undefined);
      if (value === undefined) continue;
      const cell = documented.find((each) => each.name === name)?.row.default ?? '';
      const [written] = codeIn(cell);
      const told = cell === 'none' ? '' : written;
      assert.deepEqual(field.safeParse(told).data, value, `${name}: ${cell}`);
    }
  });

  test('says of every setting what it means', () => {
    for (const { name, row } of documented) assert.match(row.meaning ?? '', /^.{10,}\.$/s, name);
  });

  test('lists every secret that can be in a file', () => {
    const section = sectionOf(readPage('docs', 'settings.md'), 'Secrets from files');
    assert.deepEqual(
      SECRETS.filter((name) => !section.includes(`\`${name}\``)),
      [],
    );
  });
});
