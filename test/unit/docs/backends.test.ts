import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeErrorCode } from '../../../activities/backends/tencent/tencent-errors.ts';
import { codeIn, readPage, tableRows } from '../../support/inputs/markdown.ts';
import { ELASTICSEARCH, OPEN_SEARCH } from '../../support/servers/search-products.ts';

test('docs/backends.md says rightly what each ErrorCode of Tencent’s means', () => {
  const answers = tableRows(readPage('docs', 'backends.md'), 'Tencent answers', 'failure type');
  const told = answers.flatMap((row) => {
    const codes = row['Tencent answers']?.match(/\b\d{5}\b/g) ?? [];
    return codes.map((code) => ({ code: Number(code), type: codeIn(row['failure type'] ?? '')[0] }));
  });
  assert.ok(told.length > 30);
  for (const { code, type } of told) assert.equal(judgeErrorCode(code).type, type, String(code));
});

test('docs/backends.md names the versions of search servers that the tests run on', () => {
  const rows = tableRows(readPage('docs', 'backends.md'), 'server', 'what was tested on it');
  for (const { name, runner } of [OPEN_SEARCH, ELASTICSEARCH]) {
    // The runner counts its own releases behind the version of the server.
    const version = runner.version.replace(/\.\d+$/, '');
    assert.ok(
      rows.some(({ server }) => server?.startsWith(`${name} ${version}`)),
      `${name} ${version}`,
    );
  }
});
