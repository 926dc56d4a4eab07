import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FAILURE_TYPES } from '../../activities/backends/backend.ts';
import { SIDE_EFFECTS } from '../../activities/index.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

const read = (...path: string[]) => readFileSync(join(PACKAGE_ROOT, ...path), 'utf8');
const guide = read('docs', 'own-side-effect.md');
const [file = '', line = ''] = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code);

test('the guide shows the file that is tested', () => {
  assert.equal(file, read('test', 'fixtures', 'own-side-effect', 'archive-conversation.ts'));
});

test('the guide’s line goes into activities/index.ts as it is', () => {
  const [, list = ''] = /(export const SIDE_EFFECTS[\s\S]*)$/.exec(line) ?? [];
  const without = list.replace('  archiveConversation,\n', '');
  assert.notEqual(without, list);
  assert.ok(read('activities', 'index.ts').includes(without));
  assert.equal(SIDE_EFFECTS.length, without.match(/^ {2}\w+,$/gm)?.length);
});

test('the guide names every failure type, and says rightly which are retried', () => {
  for (const [type, { retryable }] of Object.entries(FAILURE_TYPES)) {
    const row = guide.split('\n').find((each) => each.startsWith('|') && each.includes(`\`${type}\``));
    assert.ok(row, type);
    assert.equal(/\| retried/.test(row), retryable, type);
  }
});
