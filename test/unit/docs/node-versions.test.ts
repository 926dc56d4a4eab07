import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { readPage } from '../../support/inputs/markdown.ts';

const { engines } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
  engines: { node: string };
};

test('the documents name the Node.js versions that package.json allows', () => {
  const [, oldest = '', beyond = ''] = /^>=(\d+\.\d+)\.0 <(\d+)$/.exec(engines.node) ?? [];
  const newest = Number(beyond) - 1;
  for (const path of ['README.md', 'README.zh-CN.md', 'CONTRIBUTING.md'])
    assert.match(readPage(path).text, new RegExp(`Node\\.js ${oldest} (to|到) ${newest}\\b`), path);
});
