/** Compares the tree in docs/architecture.md with the folders that are there. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { codeIn, readAllPages, readPage, sectionOf, tableRows } from '../../support/inputs/markdown.ts';

const page = readPage('docs', 'architecture.md');
const section = sectionOf(page, 'The tree');
const drawn = readTree(/^```\n([\s\S]*?)^```$/m.exec(section)?.[1] ?? '');

/** How many levels of folders the tree shows: below, a folder is a matter of its own. */
const LEVELS = {
  src: 9,
  workflows: 9,
  activities: 9,
  test: 1,
  'test/integration': 1,
  'test/e2e': 1,
  'test/support': 1,
};

/** Paths such as `src/cli/operate`, by the indentation of two spaces per level. */
function readTree(text: string): string[] {
  const parents: string[] = [];
  return text.split('\n').flatMap((line) => {
    const [, indent = '', name] = /^( *)([\w-]+)\/ +\S/.exec(line) ?? [];
    if (!name) return [];
    parents.splice(indent.length / 2, parents.length, name);
    return [parents.join('/')];
  });
}

function foldersBelow(folder: string, levels: number): string[] {
  if (levels === 0) return [];
  const entries = readdirSync(join(PACKAGE_ROOT, folder), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${folder}/${name}`);
  return folders.flatMap((path) => [path, ...foldersBelow(path, levels - 1)]);
}

describe('docs/architecture.md', () => {
  test('every folder of its tree is there', () => {
    assert.ok(drawn.length > 30);
    assert.deepEqual(
      drawn.filter((folder) => !existsSync(join(PACKAGE_ROOT, folder))),
      [],
    );
  });

  test('every folder of the code is in its tree, with a phrase', () => {
    const folders = Object.entries(LEVELS).flatMap(([top, levels]) => [top, ...foldersBelow(top, levels)]);
    assert.deepEqual(
      folders.filter((folder) => !drawn.includes(folder)),
      [],
    );
  });

  test('its table of workflows/ has every file of it', () => {
    const named = tableRows({ text: section }, 'file', 'does').flatMap((row) => codeIn(row.file ?? ''));
    const files = readdirSync(join(PACKAGE_ROOT, 'workflows')).filter((file) => /\.c?ts$/.test(file));
    assert.deepEqual(named.toSorted(), files.toSorted());
  });
});

test('every folder or file of the project that a document names is there', () => {
  const ours = /^(src|workflows|activities|test|deploy|docs)\/[\w./-]*$/;
  const named = readAllPages().flatMap(({ path, codeSpans }) =>
    codeSpans.filter((code) => ours.test(code)).map((code) => ({ path, code })),
  );
  assert.ok(named.length > 20);
  // The guide has its reader write this one.
  const written = 'activities/archive-conversation.ts';
  assert.deepEqual(
    named.filter(({ code }) => code !== written && !existsSync(join(PACKAGE_ROOT, code))),
    [],
  );
});
