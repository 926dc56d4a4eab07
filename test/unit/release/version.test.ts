import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PACKAGE_ROOT, VERSION } from '../../../src/package-root.ts';
import { readPage } from '../../support/inputs/markdown.ts';

test('the version of package.json is that of package-lock.json, and the changelog and both READMEs name it', () => {
  const lock = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package-lock.json'), 'utf8')) as {
    version: string;
    packages: Record<string, { version: string }>;
  };
  assert.deepEqual([lock.version, lock.packages['']?.version], [VERSION, VERSION]);
  assert.ok(readPage('CHANGELOG.md').text.includes(`\n## [${VERSION}] - 20`));
  for (const path of ['README.md', 'README.zh-CN.md']) assert.ok(readPage(path).text.includes(VERSION), path);
});
