import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Page, readPage } from '../../support/inputs/markdown.ts';

const MAX_LINES = 200;

const english = readPage('README.md');
const chinese = readPage('README.zh-CN.md');

/** A link within a page, by the position of the heading: the headings of a translation are translated. */
function comparableLinks({ links, headings }: Page): string[] {
  const comparable = links
    .filter((link) => !link.startsWith('README'))
    .map((link) => {
      if (!link.startsWith('#')) return link;
      return `heading ${headings.findIndex(({ anchor }) => `#${anchor}` === link)}`;
    });
  return comparable.sort();
}

/** By section, how many rows and items of lists there are. */
function shapeOf({ text }: Page) {
  return text.split(/^#+ .*$/m).map((section) => ({
    rows: section.match(/^\|/gm)?.length ?? 0,
    items: section.match(/^- /gm)?.length ?? 0,
    steps: section.match(/^\d+\. /gm)?.length ?? 0,
  }));
}

describe('README.md', () => {
  for (const { path, text } of [english, chinese]) {
    test(`${path} has at most ${MAX_LINES} lines`, () => {
      assert.ok(text.split('\n').length - 1 <= MAX_LINES);
    });
  }

  test('the two languages lead to each other at the top', () => {
    assert.equal(english.links[0], 'README.zh-CN.md');
    assert.equal(chinese.links[0], 'README.md');
  });
});

describe('README.zh-CN.md has of README.md', () => {
  test('the same sections', () => {
    assert.deepEqual(
      chinese.headings.map(({ level }) => level),
      english.headings.map(({ level }) => level),
    );
  });

  test('the same rows and items in each section', () => {
    assert.deepEqual(shapeOf(chinese), shapeOf(english));
  });

  test('the same code blocks', () => {
    assert.deepEqual(chinese.codeBlocks, english.codeBlocks);
  });

  test('the same links', () => {
    assert.deepEqual(comparableLinks(chinese), comparableLinks(english));
  });

  test('the same settings, commands and other names', () => {
    const namesOf = ({ codeSpans }: Page) => [...new Set(codeSpans)].sort();
    assert.deepEqual(namesOf(chinese), namesOf(english));
  });
});
