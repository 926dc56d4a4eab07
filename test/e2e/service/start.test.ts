import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, test } from 'node:test';
import type { AccountView } from '../../../activities/backends/embedded.ts';
import { postSigned } from '../../support/inputs/callbacks.ts';
import { FREE_PORTS, runUnfriend, UnfriendProcess } from '../../support/servers/process.ts';
import { answers, temporaryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

const folder = temporaryFolder();
after(() => folder.remove());

describe('unfriend start', () => {
  let running: UnfriendProcess;
  let url: string;
  let ops: string;
  let temporal: string;

  beforeEach(async () => ({ running, url, ops, temporal } = await start()));
  afterEach(async () => {
    running.child.kill('SIGTERM');
    await running.exit();
  });

  test('a signed callback changes cache, search index and inbox; a duplicate changes nothing more', async () => {
    assert.deepEqual((await view(ops, 'id')).cachedFriends, ['id1', 'id2', 'id3']);
    const first = await postSigned(url, { requestId: 'e2e-1' });
    assert.equal(first.status, 200);
    const changed = await until('all side effects', async () => {
      const account = await view(ops, 'id');
      return account.inbox.length > 0 && account.searchableFriends.length === 0 && account;
    });
    assert.equal(changed.cachedFriends, null);
    assert.equal(changed.inbox[0]?.data.deliveryId, 'e2e-1');
    await finished('e2e-1', temporal);

    const again = await postSigned(url, { requestId: 'e2e-1' });
    assert.equal(again.headers.get('x-delivery-id'), 'e2e-1');
    assert.equal((await view(ops, 'id')).inbox.length, 1);
    const metrics = await (await fetch(`${ops}/metrics`)).text();
    assert.match(metrics, /unfriend_callbacks_total\{verdict="accepted"\} 1/);
    assert.match(metrics, /unfriend_callbacks_total\{verdict="duplicate"\} 1/);
  });

  test('logs name the delivery, and neither accounts nor query strings', async () => {
    await postSigned(url, { requestId: 'e2e-2', pairs: [{ from: 'Secret-From', to: 'Secret-To' }] });
    await finished('e2e-2', temporal);
    assert.match(running.stderr, /"deliveryId":"e2e-2"/);
    assert.doesNotMatch(running.stderr, /Secret-|Sign=|RequestTime|xxxxyyyy/);
  });

  test('given SIGTERM, then it drains: not ready but still accepting, ended with 0, and no server is left', async () => {
    await until('readiness', async () => (await fetch(`${ops}/readyz`)).status === 200);
    running.child.kill('SIGTERM');
    const notReady = await until('readyz 503', async () => {
      const response = await fetch(`${ops}/readyz`);
      return response.status === 503 && response.json();
    });
    assert.match(JSON.stringify(notReady), /draining/);
    const accepted = await postSigned(url, { requestId: 'e2e-3' });
    assert.equal(accepted.status, 200);
    assert.equal(accepted.headers.get('connection'), 'close');
    assert.equal(await running.exit(), 0);
    assert.equal(await answers(temporal), false);
  });

  test('given kill -9, then the next start takes over the orphaned server, and what was open is finished', async () => {
    const { pid } = pidFile();
    const posted = postSigned(url, { requestId: 'e2e-4' });
    assert.equal((await posted).status, 200);
    await running.kill();
    assert.equal(await answers(temporal), true);

    ({ running, url, ops, temporal } = await start());
    assert.equal(pidFile().pid, pid);
    assert.match(running.stderr, /Going on with the local Temporal server of an earlier run/);
    await finished('e2e-4', temporal);
  });
});

test('given a part that can not be closed at the stop, then the log says which, all others are closed, and it ends with 1', async () => {
  const own = temporaryFolder();
  const running = new UnfriendProcess(['start'], { ...FREE_PORTS, DATA_DIR: own.path });
  try {
    const { address } = await running.log('local Temporal server');
    // The local server's stop ends with the removal of this file.
    const pid = join(own.path, 'temporal', 'server.json');
    rmSync(pid);
    mkdirSync(pid);
    running.child.kill('SIGTERM');
    assert.equal(await running.exit(), 1);
    const line = running.logs().find(({ msg }) => msg === 'a part could not be closed');
    assert.equal(line?.part, 'local Temporal server');
    assert.match(running.stderr, /not everything could be closed: /);
    assert.equal(await answers(String(address)), false);
  } finally {
    await running.kill();
    own.remove();
  }
});

async function start() {
  const running = new UnfriendProcess(['start'], { ...FREE_PORTS, DATA_DIR: folder.path });
  const { url } = await running.log('taking callbacks');
  const { url: ops } = await running.log('health, readiness and metrics');
  const { address } = await running.log('local Temporal server');
  return { running, url: String(url), ops: String(ops), temporal: String(address) };
}

async function view(ops: string, account: string): Promise<AccountView> {
  return (await (await fetch(`${ops}/embedded/${account}`)).json()) as AccountView;
}

async function finished(deliveryId: string, temporal: string): Promise<void> {
  const settings = { SDK_APP_ID: FREE_PORTS.SDK_APP_ID ?? '', TEMPORAL_ADDRESS: temporal };
  await until(`${deliveryId} to be done`, async () => {
    const { stdout } = await runUnfriend(['status', deliveryId, '--json'], settings);
    return (JSON.parse(stdout) as { status: string }).status === 'Done';
  });
}

function pidFile(): { pid: number } {
  return JSON.parse(readFileSync(join(folder.path, 'temporal', 'server.json'), 'utf8')) as { pid: number };
}
