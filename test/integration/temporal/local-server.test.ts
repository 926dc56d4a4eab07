import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { LocalServerError, startLocalServer } from '../../../src/temporal/local/server.ts';
import { UnfriendProcess } from '../../support/servers/process.ts';
import { answers, temporalCli, temporaryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

const folders: ReturnType<typeof temporaryFolder>[] = [];
after(() => {
  for (const folder of folders) folder.remove();
});

function optionsIn(dir: string, port = 0) {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  return {
    said,
    options: { findCli: async () => temporalCli(), dir, port, uiPort: 0, namespace: 'default', say },
  };
}

function newFolder(): string {
  const folder = temporaryFolder();
  folders.push(folder);
  return folder.path;
}

describe('the local Temporal server', () => {
  test('given a port that is taken, then it uses a free one and says so', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const { said, options } = optionsIn(newFolder(), port);
    const server = await startLocalServer(options);
    try {
      assert.notEqual(server.address, `127.0.0.1:${port}`);
      assert.match(said.join(), new RegExp(`Port ${port} is taken.*LOCAL_TEMPORAL_PORT`));
      assert.equal((await fetch(server.uiUrl)).status, 200);
    } finally {
      await server.stop();
      other.close();
    }
    assert.equal(await answers(server.address), false);
  });

  test('given a server that another live process owns, then it is left alone, and the message says what to set', async () => {
    const dir = newFolder();
    const ports = { PORT: '0', OPS_PORT: '0', LOCAL_TEMPORAL_PORT: '0', LOCAL_TEMPORAL_UI_PORT: '0' };
    const running = new UnfriendProcess(['start'], { ...ports, SDK_APP_ID: '1400483163', DATA_DIR: dir });
    const { address } = await running.log('local Temporal server');
    try {
      await assert.rejects(startLocalServer(optionsIn(join(dir, 'temporal')).options), (error: Error) => {
        assert.ok(error instanceof LocalServerError);
        assert.match(error.message, new RegExp(`pid ${running.child.pid}.*set DATA_DIR`));
        return true;
      });
      assert.equal(await answers(String(address)), true);
    } finally {
      running.child.kill('SIGTERM');
      await running.exit();
    }
  });

  test('given an orphaned server that no longer answers, then it is ended, and a new server continues with its data', async () => {
    const dir = newFolder();
    const first = await startLocalServer(optionsIn(dir).options);
    const file = join(dir, 'server.json');
    const { pid } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number };
    process.kill(pid, 'SIGSTOP');
    // On a busy machine some of its threads go on for a moment.
    await until('it to answer no more', async () => !(await answers(first.address)));
    const { said, options } = optionsIn(dir);
    const second = await startLocalServer(options);
    try {
      assert.match(said.join(), new RegExp(`does not answer \\(pid ${pid}\\)`));
      assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
      assert.equal(await answers(second.address), true);
      assert.equal(await answers(first.address), first.address === second.address);
    } finally {
      await second.stop();
    }
  });
});
