import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { slowDisk } from '../../support/doubles/slow-disk.ts';
import { until } from '../../support/until.ts';

test('given writes of one turn, then they share one commit, and are told when it ends', async () => {
  const { queue, commits, written } = slowDisk();
  let told = 0;
  const added = ['a', 'b', 'c'].map((entry) => queue.add(() => written(entry)).then(() => (told += 1)));
  await turn();
  assert.deepEqual(
    commits.map(({ entries }) => entries),
    [['a', 'b', 'c']],
  );
  assert.equal(told, 0);
  commits[0]?.end.resolve();
  await Promise.all(added);
});

test('given a commit under way, then every other write waits for its end, however urgent, and shares the next one', async () => {
  const { queue, commits, written } = slowDisk();
  const first = queue.add(() => written('append'));
  await turn();
  const later = [queue.add(() => written('removal'), 'soon'), queue.add(() => written('quarantine'))];
  await turn();
  assert.equal(commits.length, 1);
  commits[0]?.end.resolve();
  await first;
  await turn();
  assert.deepEqual(commits[1]?.entries, ['removal', 'quarantine']);
  commits[1]?.end.resolve();
  await Promise.all(later);
});

test('given removals alone, then they wait a moment for a commit to share, and have one of their own where none comes', async () => {
  const { queue, commits, written } = slowDisk();
  const removals = ['a', 'b'].map((entry) => queue.add(() => written(entry), 'soon'));
  await turn();
  assert.equal(commits.length, 0);
  await until('a commit', () => commits[0]);
  assert.deepEqual(commits[0]?.entries, ['a', 'b']);
  commits[0]?.end.resolve();
  await Promise.all(removals);
});

test('given a removal during a commit, then its own commit leaves the next callback a moment to come first', async () => {
  const { queue, commits, written } = slowDisk();
  const first = queue.add(() => written('append'));
  await turn();
  const removal = queue.add(() => written('removal'), 'soon');
  commits[0]?.end.resolve();
  await first;
  const next = queue.add(() => written('next append'));
  await until('the second commit', () => commits[1]);
  assert.deepEqual(commits[1]?.entries, ['removal', 'next append']);
  commits[1]?.end.resolve();
  await Promise.all([removal, next]);
});

test('given a write that can’t be made, then it is told why, and those beside it are committed', async () => {
  const { queue, commits, written } = slowDisk();
  const impossible = queue.add(() => {
    throw new Error('no room');
  });
  const possible = queue.add(() => written('a'));
  await assert.rejects(impossible, /no room/);
  assert.deepEqual(commits[0]?.entries, ['a']);
  commits[0]?.end.resolve();
  await possible;
});

test('given a refused commit, then what waits and what comes later is told why, and nothing is written any more', async () => {
  const { queue, commits, written } = slowDisk();
  const refused = queue.add(() => written('a'));
  await turn();
  const waiting = [queue.add(() => written('b')), queue.add(() => written('c'), 'soon')];
  commits[0]?.end.reject(new Error('disk full'));
  for (const added of [refused, ...waiting]) await assert.rejects(added, /disk full/);
  await assert.rejects(
    queue.add(() => written('d')),
    /disk full/,
  );
  await queue.flush();
  assert.equal(queue.failure, 'disk full');
  assert.equal(commits.length, 1);
});

test('given a flush, then it ends when nothing waits any more, removals included', async () => {
  const { queue, commits, written } = slowDisk();
  const removal = queue.add(() => written('a'), 'soon');
  let flushed = false;
  const flushing = queue.flush().then(() => {
    flushed = true;
  });
  await until('its commit', () => commits[0]);
  assert.equal(flushed, false);
  commits[0]?.end.resolve();
  await Promise.all([removal, flushing]);
});
