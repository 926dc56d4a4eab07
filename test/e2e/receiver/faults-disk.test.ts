import assert from 'node:assert/strict';
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { childModule } from '../../support/child-module.ts';
import { NO_FAULTS } from '../../support/ledger-comparison.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';
import { killableStage } from '../../support/stages/killable-stage.ts';
import { until } from '../../support/until.ts';

/** Callbacks a second: few, for on a full disk each waits for Temporal, and a test server takes some dozens. */
const RATE = 10;

const stage = killableStage();
const mountPoint = temporaryFolder();
const disk = mountPoint.path;
const whyNot = mount('size=8m');
if (whyNot && process.env.CI === 'true') throw new Error(`NOT RUN: a full disk. ${whyNot}`);

after(() => {
  if (!whyNot) execFileSync('umount', [disk]);
  mountPoint.remove();
});

/** A small disk of the test's own. Returns why it can't be had. */
function mount(options: string): string | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `It needs a small disk of its own, and mounting one needs root: ${String(error)}`;
  }
}

const WRITER = childModule('../../support/doubles/write-on-full-disk', import.meta.url);
const BALLAST = join(disk, 'ballast');

/** Fills the disk to the last byte, as somebody else's log would. */
function fillUp(): void {
  try {
    for (;;) writeFileSync(BALLAST, Buffer.alloc(4_096), { flag: 'a' });
  } catch {
    assert.equal(statfsSync(disk).bavail, 0);
  }
}

let journals = 0;
function serve() {
  journals += 1;
  return stage.serve({ JOURNAL_DIR: join(disk, `journal-${journals}`) });
}

describe('a full disk', { skip: whyNot && `NOT RUN. ${whyNot}`, concurrency: false }, () => {
  test('given a disk that fills up under load, then answers stay OK, the process lives, and it journals again once there is room', async () => {
    const receiver = await serve();
    const { ledger, url } = receiver;
    const load = ledger.load(() => url, RATE);
    await until('some load before', () => ledger.acknowledged > RATE);
    fillUp();
    const before = ledger.acknowledged;
    await until('some load meanwhile', () => ledger.acknowledged > before + RATE);
    rmSync(BALLAST);
    await load.stop();
    assert.deepEqual(ledger.failures, { refused: 0, unknown: 0 }, receiver.process.stderr);

    const commits = () => receiver.metric('unfriend_journal_commit_duration_seconds_count');
    const committed = await commits();
    await until('a callback in the journal again', async () => {
      await ledger.send(url);
      return (await commits()) > committed;
    });
    await receiver.drained();
    assert.equal(await receiver.terminate(), 0, receiver.process.stderr);
    assert.deepEqual(await ledger.faults(stage.temporal.client), NO_FAULTS);
  });

  test('given Temporal away, then a callback is refused only when the disk is full too', async () => {
    const receiver = await serve();
    const { ledger, url } = receiver;
    for (let index = 0; index < 5; index += 1) await ledger.send(url);
    await stage.temporal.kill();
    for (let index = 0; index < 5; index += 1) await ledger.send(url);
    assert.deepEqual(ledger.failures, { refused: 0, unknown: 0 });
    fillUp();
    await until('a refusal', async () => (await ledger.send(url)).refused > 0);
    assert.equal(ledger.failures.unknown, 0);
    assert.equal((await fetch(`${receiver.ops}/readyz`)).status, 503);

    rmSync(BALLAST);
    await until('an answer OK', async () => (await ledger.send(url)).deliveryIds.size > 0);
    await stage.temporal.restart();
    await receiver.drained();
    assert.equal(await receiver.terminate(), 0, receiver.process.stderr);
    assert.deepEqual(await ledger.faults(stage.temporal.client), NO_FAULTS);
  });

  test('given a disk that is full at the start, then pending deliveries stay in the journal until there is room, and callbacks are taken', async () => {
    const receiver = await serve();
    const { ledger, url } = receiver;
    await stage.temporal.kill();
    for (let index = 0; index < 20; index += 1) await ledger.send(url);
    await receiver.kill();
    fillUp();
    await stage.temporal.restart();
    await receiver.restart();
    for (let index = 0; index < 5; index += 1) await ledger.send(url);
    rmSync(BALLAST);
    await receiver.kill();
    await receiver.restart();
    await receiver.drained();
    assert.equal(await receiver.terminate(), 0, receiver.process.stderr);
    assert.deepEqual(ledger.failures, { refused: 0, unknown: 0 });
    assert.deepEqual(await ledger.faults(stage.temporal.client), NO_FAULTS);
  });

  test('given removals, quarantined entries and callbacks at the same moment, then one commit is refused, and none is tried after it', async () => {
    const dir = join(disk, 'store');
    const child = fork(WRITER.file, [dir], {
      execArgv: WRITER.execArgv,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    try {
      await once(child, 'message');
      fillUp();
      child.send('write');
      const [outcomes] = (await once(child, 'message')) as [string[]];
      const [code, signal] = await once(child, 'close');
      assert.deepEqual([code, signal], [0, null], stderr);
      assert.deepEqual([...new Set(outcomes)], ['Error: No space left on device']);
      // lmdb-js says so for each commit that the disk refuses; at the second it corrupts its heap.
      assert.equal(stderr.match(/Write error/g)?.length, 1, stderr);
    } finally {
      rmSync(BALLAST);
      rmSync(dir, { recursive: true });
    }
  });

  test('given a disk that is read-only, then callbacks are started before the answer', async () => {
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    try {
      const receiver = await serve();
      for (let index = 0; index < 10; index += 1) await receiver.ledger.send(receiver.url);
      assert.deepEqual(receiver.ledger.failures, { refused: 0, unknown: 0 });
      assert.equal((await fetch(`${receiver.ops}/readyz`)).status, 200);
      assert.equal(await receiver.terminate(), 0, receiver.process.stderr);
      assert.deepEqual(await receiver.ledger.faults(stage.temporal.client), NO_FAULTS);
    } finally {
      execFileSync('mount', ['-o', 'remount,rw', disk]);
    }
  });
});
