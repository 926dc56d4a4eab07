import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { GroupCommit } from '../../../src/journal/group-commit.ts';
import { slowDisk } from '../../support/doubles/slow-disk.ts';

function slowGroups(limit = 60_000) {
  const { queue, commits, written } = slowDisk();
  let fault: Error | undefined;
  const group = new GroupCommit<string>({
    limit,
    overdue: () => new Error('overdue'),
    commit: (take) =>
      queue.add(() => {
        const entries = take();
        if (fault) throw fault;
        written(...entries);
      }),
  });
  const refuse = (reason?: Error) => {
    fault = reason;
  };
  return { group, queue, commits, refuse };
}

test('given entries of one turn, then they share one commit, and are told when it ends', async () => {
  const { group, commits } = slowGroups();
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
  const { group, commits } = slowGroups();
  const first = group.add('a');
  await turn();
  const later = [group.add('b')];
  await turn();
  later.push(group.add('c'));
  await turn();
  assert.equal(commits.length, 1);
  commits[0]?.end.resolve();
  await first;
  await turn();
  assert.deepEqual(commits[1]?.entries, ['b', 'c']);
  commits[1]?.end.resolve();
  await Promise.all(later);
});

test('given entries that the journal can’t take, then they are told why, and the next ones are tried', async () => {
  const { group, commits, refuse } = slowGroups();
  refuse(new Error('disk almost full'));
  const failing = [group.add('a'), group.add('b')];
  for (const added of failing) await assert.rejects(added, /disk almost full/);
  refuse();
  commits[0]?.end.resolve();
  const next = group.add('c');
  await turn();
  await turn();
  assert.deepEqual(commits[1]?.entries, ['c']);
  commits[1]?.end.resolve();
  await next;
});

test('given a commit that hangs, then its entries and those behind it are given up in time', async () => {
  const { group, commits } = slowGroups(20);
  const hanging = group.add('a');
  await turn();
  const behind = group.add('b');
  await assert.rejects(hanging, /overdue/);
  await assert.rejects(behind, /overdue/);
  const after = group.add('c');
  commits[0]?.end.resolve();
  await turn();
  assert.deepEqual(commits[1]?.entries, ['c']);
  commits[1]?.end.resolve();
  await after;
});

test('given a group that is given up before its turn comes, then it is not written', async () => {
  const { group, queue, commits } = slowGroups(200);
  // From here on timers are looked at before the next turn of immediates, and so before the commit.
  await turn();
  const givenUp = assert.rejects(group.add('a'), /overdue/);
  const added: Promise<void>[] = [];
  setTimeout(() => added.push(group.add('b')), 201);
  const blockedUntil = performance.now() + 210;
  while (performance.now() < blockedUntil);
  await givenUp;
  await turn();
  assert.deepEqual(
    commits.map(({ entries }) => entries),
    [['b']],
  );
  commits[0]?.end.resolve();
  await Promise.all(added);
  await queue.flush();
});
