import assert from 'node:assert/strict';
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { NO_FAULTS } from '../../support/ledger-comparison.ts';
import { killableStage } from '../../support/stages/killable-stage.ts';
import { until } from '../../support/until.ts';

/** Callbacks a second: few, for without the journal each waits for Temporal. */
const RATE = 20;

const stage = killableStage();
let journals = 0;

describe('a journal folder that is gone while the receiver runs', { concurrency: false }, () => {
  const ways: [what: string, replace: (dir: string) => void][] = [
    ['deleted', (dir) => rmSync(dir, { recursive: true })],
    ['moved away', (dir) => renameSync(dir, `${dir}-moved`)],
    [
      'replaced by a copy',
      (dir) => {
        cpSync(dir, `${dir}-copy`, { recursive: true });
        renameSync(dir, `${dir}-moved`);
        renameSync(`${dir}-copy`, dir);
      },
    ],
  ];
  for (const [what, replace] of ways) {
    test(`given one ${what}, under load, then no answer OK is lost, it says that the folder is gone, and a restart begins a new one`, async () => {
      journals += 1;
      const dir = join(stage.folder, `folder-${journals}`);
      const receiver = await stage.serve({ JOURNAL_DIR: dir });
      const { ledger, url } = receiver;
      const load = ledger.load(() => url, RATE);
      await until('some load before', () => ledger.acknowledged > RATE);
      replace(dir);
      const before = ledger.acknowledged;
      await until('some load since', () => ledger.acknowledged > before + RATE);
      await load.stop();
      assert.deepEqual(ledger.failures, { refused: 0, unknown: 0 }, receiver.process.stderr);

      assert.match(await journalState(receiver.ops), /^the journal's folder is gone: .*restart the receiver/);
      assert.equal(await receiver.metric('unfriend_journal_available'), 0);
      const told = receiver.process
        .logs()
        .filter(({ msg }) => msg === 'the journal takes no callbacks any more');
      assert.equal(told.length, 1);
      assert.match(String(told[0]?.reason), /folder is gone/);

      // What was pending is handed over from files that nobody else would find.
      await receiver.drained();
      assert.equal(await receiver.terminate(), 0, receiver.process.stderr);
      await receiver.restart();
      assert.ok(existsSync(join(dir, 'data.mdb')));
      await ledger.send(url);
      assert.match(await journalState(receiver.ops), /^taking callbacks/);
      await receiver.drained();
      assert.equal(await receiver.terminate(), 0, receiver.process.stderr);
      assert.deepEqual(await ledger.faults(stage.temporal.client), NO_FAULTS);
    });
  }

  test('given a deleted folder and Temporal away, then a callback is refused instead of being written to the deleted journal', async () => {
    const dir = join(stage.folder, 'folder-and-temporal');
    const receiver = await stage.serve({ JOURNAL_DIR: dir, TEMPORAL_ADDRESS: '127.0.0.1:1' });
    const { ledger, url } = receiver;
    assert.equal((await ledger.send(url)).deliveryIds.size, 1);
    rmSync(dir, { recursive: true });
    assert.equal((await ledger.send(url)).refused, 1);
    assert.equal((await fetch(`${receiver.ops}/readyz`)).status, 503);
  });
});

async function journalState(ops: string): Promise<string> {
  const { components } = (await (await fetch(`${ops}/readyz`)).json()) as {
    components: { journal: { state: string } };
  };
  return components.journal.state;
}
