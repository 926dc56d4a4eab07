import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withDeadline } from '../../../activities/backends/net/deadline.ts';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';

const FOLDERS = ['activities', 'docs', 'src', 'test', 'workflows'];

/** A signal that Node.js 20 may garbage-collect before it aborts: activities/backends/net/deadline.ts says more. */
const FORGETFUL_SIGNAL = /AbortSignal\s*\.\s*(any|timeout)\s*\(/;

function filesOf(folder: string): string[] {
  const found = readdirSync(join(PACKAGE_ROOT, folder), { recursive: true, encoding: 'utf8' });
  return found.filter((file) => /\.(ts|js|md)$/.test(file)).map((file) => join(folder, file));
}

test('product, tests and guides take their deadlines from withDeadline alone', () => {
  const files = ['README.md', ...FOLDERS.flatMap(filesOf)];
  assert.ok(files.length > 200);
  const forgetful = files.filter((file) =>
    FORGETFUL_SIGNAL.test(readFileSync(join(PACKAGE_ROOT, file), 'utf8')),
  );
  assert.deepEqual(forgetful, []);
});

test('that rule finds a signal that may never abort', () => {
  const [any, timeout] = ['any([signal])', 'timeout(1_000)'];
  for (const call of [`AbortSignal.${any}`, `AbortSignal\n  .${timeout}`])
    assert.match(call, FORGETFUL_SIGNAL);
  assert.doesNotMatch('what `AbortSignal.any` makes', FORGETFUL_SIGNAL);
});

/** Never settles by itself; rejects with the reason of its signal. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

test('given no signal, then a call without an answer ends with a TimeoutError', async () => {
  await assert.rejects(withDeadline(10, undefined, untilAborted), { name: 'TimeoutError' });
});

test('given a signal that aborts first, then the call ends with its reason', async () => {
  const stop = new AbortController();
  const call = withDeadline(60_000, stop.signal, untilAborted);
  stop.abort(new Error('stopping'));
  await assert.rejects(call, { message: 'stopping' });
  await assert.rejects(
    withDeadline(60_000, stop.signal, () => Promise.resolve('called')),
    { message: 'stopping' },
  );
});
