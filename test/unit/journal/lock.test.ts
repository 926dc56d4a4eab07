import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { isLocked, JournalLockedError, lockJournal } from '../../../src/journal/folder/lock.ts';
import { childModule } from '../../support/child-module.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';

const ASK = childModule('../../support/doubles/ask-for-owner', import.meta.url);

const folder = temporaryFolder();
after(() => folder.remove());

test('given a journal that a process has, then a second one is refused, and `check` sees it until it is let go', () => {
  assert.equal(isLocked(folder.path), false);
  const letGo = lockJournal(folder.path);
  assert.equal(isLocked(folder.path), true);
  assert.throws(() => lockJournal(folder.path), JournalLockedError);
  letGo();
  assert.equal(isLocked(folder.path), false);
  lockJournal(folder.path)();
});

test('given a process that asks for the owner all the time, then a receiver that starts is never refused the journal', async () => {
  lockJournal(folder.path)();
  const asking = fork(ASK.file, [folder.path], { execArgv: ASK.execArgv });
  try {
    await once(asking, 'message');
    for (let round = 0; round < 2_000; round += 1) lockJournal(folder.path)();
    const owned = once(asking, 'message');
    const letGo = lockJournal(folder.path);
    assert.deepEqual(await owned, ['owned', undefined]);
    letGo();
  } finally {
    asking.disconnect();
    await once(asking, 'exit');
  }
});
