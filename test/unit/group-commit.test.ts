import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { GroupCommit } from '../../src/journal/group-commit.ts';
import { type Deferred, deferred } from '../support/deferred.ts';

/** A disk whose commits end when the test says so. */
function slowDisk(limit = 60_000) {
  const commits: { entries: string[]; end: Deferred<void> }[] = [];
  const group = new GroupCommit<string>({
    limit,
    overdue: () => new Error('overdue'),
    commit(entries) {
      const end = deferred<void>();
      commits.push({ entries, end });
      return end;
    },
  });
  return { group, commits };
}

test('given entries of one turn, then they share one commit, and are told when it ends', async () => {
  const { group, commits } = slowDisk();
  let told = 0;
  const added = ['a', 'b', 'c'].map((entry) => group.add(entry).then(() => (told += 1)));
  await turn();
  assert.deepEqual(
    commits.map(({ entries }) => entries),
    [['a', 'b', 'c']],
  );
  assert.equal(told, 0);
  commits[0]?.end.resolve();
  await Promise.all(added);
  assert.equal(told, 3);
});

test('given a commit under way, when more arrives, then it waits for the end and shares the next one', async () => {
  const { group, commits } = slowDisk();
  const first = group.add('a');
  await turn();
  const later = [group.add('b'), group.add('c')];
  await turn();
  assert.equal(commits.length, 1);
  commits[0]?.end.resolve();
  await first;
  await turn();
  assert.deepEqual(commits[1]?.entries, ['b', 'c']);
  commits[1]?.end.resolve();
  await Promise.all(later);
});

test('given a commit that fails, then its entries are told why, and the next commit is tried', async () => {
  const { group, commits } = slowDisk();
  const failing = [group.add('a'), group.add('b')];
  await turn();
  const next = group.add('c');
  commits[0]?.end.reject(new Error('disk full'));
  for (const added of failing) await assert.rejects(added, /disk full/);
  await turn();
  commits[1]?.end.resolve();
  await next;
});

test('given a commit that hangs, then its entries and those behind it are given up in time', async () => {
  const { group, commits } = slowDisk(20);
  const hanging = group.add('a');
  await turn();
  const behind = group.add('b');
  await assert.rejects(hanging, /overdue/);
  await assert.rejects(behind, /overdue/);
  commits[0]?.end.resolve();
  await turn();
  const after = group.add('c');
  await turn();
  assert.deepEqual(commits[1]?.entries, ['c']);
  commits[1]?.end.resolve();
  await after;
});

test('given a group that is given up before its turn comes, then there is one commit at a time all the same', async () => {
  const { group, commits } = slowDisk(200);
  // From here on timers are looked at before the next turn of immediates, and so before the commit.
  await turn();
  const givenUp = assert.rejects(group.add('a'), /overdue/);
  const added: Promise<void>[] = [];
  setTimeout(() => added.push(group.add('b')), 201);
  const blockedUntil = performance.now() + 210;
  while (performance.now() < blockedUntil);
  await givenUp;
  await turn();
  added.push(group.add('c'));
  await turn();
  assert.deepEqual(
    commits.map(({ entries }) => entries),
    [['b']],
  );
  commits[0]?.end.resolve();
  await turn();
  commits[1]?.end.resolve();
  await Promise.all(added);
});
