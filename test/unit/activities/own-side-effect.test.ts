import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FAILURE_TYPES } from '../../../activities/backends/backend.ts';
import { SIDE_EFFECTS } from '../../../activities/index.ts';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';

const read = (...path: string[]) => readFileSync(join(PACKAGE_ROOT, ...path), 'utf8');
const guide = read('docs', 'own-side-effect.md');
const [file = '', line = ''] = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code);

test('the guide shows the file that is tested', () => {
  assert.equal(file, read('test', 'fixtures', 'own-side-effect', 'archive-conversation.ts'));
});

test('the guide’s line goes below those that are in activities/index.ts', () => {
  const listed = [...line.matchAll(/^ {2}(\w+),$/gm)].map(([, name]) => name);
  assert.deepEqual(listed, [...SIDE_EFFECTS.slice(0, 4).map(({ name }) => name), 'archiveConversation']);
  for (const part of [/^export const SIDE_EFFECTS = \[$/m, /^\] as const satisfies .*;$/m]) {
    const [text = 'not in the guide'] = part.exec(line) ?? [];
    assert.ok(read('activities', 'index.ts').includes(text), text);
  }
});

test('the guide names every failure type, and says rightly which are retried', () => {
  for (const [type, { retryable }] of Object.entries(FAILURE_TYPES)) {
    const row = guide.split('\n').find((each) => each.startsWith('|') && each.includes(`\`${type}\``));
    assert.ok(row, type);
    assert.equal(/\| retried/.test(row), retryable, type);
  }
});
