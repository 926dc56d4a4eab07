import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { readAllPages, readPage, resolveLink } from '../../support/inputs/markdown.ts';

const pages = readAllPages();
const anchors = new Map(
  pages.map(({ path, headings }) => [path, new Set(headings.map(({ anchor }) => anchor))]),
);

/** Named as what there is not. */
const FORBIDDEN_FILES = ['utils.ts'];

describe('the documents', () => {
  test('there are all of them', () => {
    const paths = pages.map(({ path }) => path);
    for (const path of ['README.md', 'README.zh-CN.md', 'docs/settings.md', 'deploy/runbook.md'])
      assert.ok(paths.includes(path), path);
    assert.ok(pages.flatMap(({ links }) => links).length > 100);
  });

  for (const page of pages) {
    test(`every link of ${page.path} leads to a file that is there, and to a heading of it`, () => {
      for (const link of page.links) {
        const target = resolveLink(page, link);
        if (!target) continue;
        assert.ok(existsSync(join(PACKAGE_ROOT, target.file)), link);
        if (target.anchor) assert.ok(anchors.get(target.file)?.has(target.anchor), link);
      }
    });

    test(`every JSON example of ${page.path} is JSON`, () => {
      for (const { language, code } of page.codeBlocks) if (language === 'json') JSON.parse(code);
    });
  }

  test('the index of README.md leads to every page in docs/', () => {
    const { links } = readPage('README.md');
    const inDocs = pages.map(({ path }) => path).filter((path) => path.startsWith('docs/'));
    assert.ok(inDocs.length >= 10);
    assert.deepEqual(
      inDocs.filter((path) => !links.includes(path)),
      [],
    );
  });

  test('every TypeScript file that a document names is there', () => {
    const files = new Set(['src', 'workflows', 'activities', 'test', 'docs'].flatMap(filesBelow));
    const named = pages.flatMap(({ path, codeSpans }) =>
      codeSpans.flatMap((code) => (/^[\w./-]+\.ts$/.test(code) ? [{ path, file: basename(code) }] : [])),
    );
    assert.ok(named.length > 20);
    assert.deepEqual(
      named.filter(({ file }) => !files.has(file) && !FORBIDDEN_FILES.includes(file)),
      [],
    );
    assert.deepEqual(
      FORBIDDEN_FILES.filter((file) => files.has(file)),
      [],
    );
  });
});

function filesBelow(folder: string): string[] {
  const entries = readdirSync(join(PACKAGE_ROOT, folder), { recursive: true, encoding: 'utf8' });
  return entries.map((entry) => basename(entry));
}
