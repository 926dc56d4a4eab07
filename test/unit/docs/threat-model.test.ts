import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { codeIn, readPage, tableRows } from '../../support/inputs/markdown.ts';

const page = readPage('docs', 'threat-model.md');
const holding = tableRows(page, 'threat', 'what holds', 'shown by');

describe('docs/threat-model.md', () => {
  test('names for everything that holds a test that is there', () => {
    assert.ok(holding.length > 25);
    for (const row of holding) {
      const tests = codeIn(row['shown by'] ?? '');
      assert.ok(tests.length > 0, row.threat);
      for (const file of tests) {
        assert.match(file, /^test\/.*\.test\.ts$/, row.threat);
        assert.ok(existsSync(join(PACKAGE_ROOT, file)), `${row.threat}: ${file}`);
      }
    }
  });

  test('says what to do about everything that does not hold', () => {
    const open = tableRows(page, 'threat', 'why', 'what you can do');
    assert.ok(open.length > 5);
    for (const row of open) assert.match(row['what you can do'] ?? '', /\.$/, row.threat);
  });

  test('has the parts that a review asks for', () => {
    const titles = page.headings.map(({ title }) => title);
    for (const part of ['What is protected', 'Who may attack', 'What holds', 'What does not hold'])
      assert.ok(titles.includes(part), part);
  });
});
