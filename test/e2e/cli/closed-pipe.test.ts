import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CLOSED_PIPE } from '../../../src/cli/output.ts';
import { postSigned } from '../../support/inputs/callbacks.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { FREE_PORTS, type ProcessSettings, UnfriendProcess } from '../../support/servers/process.ts';
import { startTestTemporal, type TestTemporal, temporaryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

const folder = temporaryFolder();
let temporal: TestTemporal;
let environment: ProcessSettings;
before(async () => {
  temporal = await startTestTemporal();
  const TEMPORAL_ADDRESS = String(temporal.settings.connectionOptions.address);
  environment = { SDK_APP_ID: '1400000000', DATA_DIR: folder.path, TEMPORAL_ADDRESS };
});
after(async () => {
  await temporal.stop();
  folder.remove();
});

/** Runs a command whose output nobody reads, as `command | true` does. */
async function unread(closed: 'stdout' | 'stderr', args: string[], settings = environment) {
  const running = new UnfriendProcess(args, settings);
  running.child[closed]?.destroy();
  const code = await running.exit();
  return { code, stdout: running.stdout, stderr: running.stderr };
}

describe('a command whose reader stops reading', () => {
  const answering = [['--help'], ['--version'], ['failed', '--help'], ['failed'], ['failed', '--json']];
  for (const args of [...answering, ['check'], ['retry', '--all', '--dry-run', '--json'], ['setup']]) {
    test(`given stdout that is closed, then ${args.join(' ')} ends as SIGPIPE would end it, without a stack trace`, async () => {
      const { code, stderr } = await unread('stdout', args);
      // What a command says beside its answer is still said.
      assert.deepEqual([code, stderr.replace('Nothing to retry.\n', '')], [CLOSED_PIPE, '']);
    });
  }

  test('given stderr that is closed, then wrong usage and failures end with their own exit codes', async () => {
    assert.equal((await unread('stderr', ['bogus'])).code, 2);
    assert.equal((await unread('stderr', ['status', 'nothing'])).code, 1);
    const dryRun = await unread('stderr', ['retry', '--all', '--dry-run', '--json']);
    assert.deepEqual([dryRun.code, JSON.parse(dryRun.stdout).open], [0, 0]);
  });

  test('given a demo whose stdout is closed, then it stops its Temporal server and ends in the same way', async () => {
    const own = temporaryFolder();
    const settings = { DATA_DIR: own.path, LOCAL_TEMPORAL_PORT: '0', LOCAL_TEMPORAL_UI_PORT: '0' };
    const pidFile = join(own.path, 'demo', 'temporal', 'server.json');
    const running = new UnfriendProcess(['demo'], settings);
    await until('the server to run', () => existsSync(pidFile));
    running.child.stdout?.destroy();
    assert.deepEqual([await running.exit(), /EPIPE|\bat /.test(running.stderr)], [CLOSED_PIPE, false]);
    assert.ok(!existsSync(pidFile), 'the server was stopped');
    own.remove();
  });

  test('given a receiver whose log is no longer read, then it continues to take callbacks', async () => {
    const running = new UnfriendProcess(['serve'], { ...environment, ...FREE_PORTS });
    const { url } = await running.log('taking callbacks');
    running.child.stderr?.destroy();
    for (const requestId of ['unread-1', 'unread-2', 'unread-3']) {
      const { status } = await postSigned(String(url), { requestId, pairs: pairsOf(['alice', 'bob']) });
      assert.equal(status, 200, requestId);
    }
    running.child.kill('SIGTERM');
    assert.equal(await running.exit(), 0);
  });
});
