import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { listenerOf, processorMs } from '../../bench/callbacks/stage/processes.ts';
import { until } from '../../support/until.ts';

/** Uses a second of processor time, and says so. */
const BUSY = `
  while (process.cpuUsage().user < 1_000_000);
  console.log('done');
  setInterval(() => undefined, 1_000);`;

describe('processor time of the benchmark', { skip: process.platform !== 'linux' }, () => {
  test('the process that listens on a port is found', async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    assert.equal(listenerOf((server.address() as AddressInfo).port), process.pid);
  });

  test('the time of a child counts for its parent, while it runs and after it ended', async (t) => {
    const before = processorMs(process.pid);
    const child = spawn(process.execPath, ['-e', BUSY], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    assert.ok(processorMs(process.pid) - before >= 1_000);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until('the ended child to be counted', () => processorMs(process.pid) - before >= 1_000);
  });
});
