import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { postSigned } from '../support/inputs/callbacks.ts';
import { FREE_PORTS, UnfriendProcess } from '../support/servers/process.ts';
import { temporaryFolder } from '../support/servers/temporal.ts';
import { until } from '../support/until.ts';

const O_DSYNC = 0o10000;

/** What the kernel is told, in order: LMDB syncs its pages, then writes its meta page to a synchronous handle. */
describe('the system calls of a receiver', () => {
  const folder = temporaryFolder();
  let receiver: UnfriendProcess;
  let url: string;
  before(async () => {
    receiver = new UnfriendProcess(['serve'], {
      ...{ ...FREE_PORTS, DATA_DIR: folder.path, TEMPORAL_ADDRESS: '127.0.0.1:1' },
    });
    url = String((await receiver.log('taking callbacks')).url);
  });
  after(async () => {
    receiver.child.kill('SIGTERM');
    await receiver.exit();
    folder.remove();
  });

  test('given a callback, then its journal page is on the disk before the answer leaves', async () => {
    const pid = Number(receiver.child.pid);
    const trace = join(folder.path, 'trace.txt');
    const calls = 'trace=fdatasync,fsync,pwrite64,pwritev,write,writev,sendto,sendmsg';
    const strace = spawn('strace', ['-f', '-e', calls, '-s', '16', '-p', String(pid), '-o', trace]);
    await once(strace.stderr, 'data'); // "Process … attached"
    assert.equal((await postSigned(url, { requestId: 'traced-1' })).status, 200);
    const lines = await until('the answer in the trace', () => {
      const read = readFileSync(trace, 'utf8').split('\n');
      return read.some((line) => line.includes('HTTP/1.1 200')) && read;
    });
    strace.kill('SIGINT');
    await once(strace, 'close');

    const answered = lines.findIndex((line) => line.includes('HTTP/1.1 200'));
    const before = lines.slice(0, answered);
    const synced = before.findIndex((line) => /f(data)?sync\(/.test(line));
    const meta = before.findIndex(
      (line, index) => index > synced && line.includes(`pwrite64(${metaHandle(pid)},`),
    );
    assert.ok(synced >= 0, `no sync before the answer in\n${lines.join('\n')}`);
    assert.ok(meta > synced, `no meta page after the sync and before the answer in\n${lines.join('\n')}`);
  });
});

/** The handle on which each write is a sync of its own. */
function metaHandle(pid: number): number {
  const handles = readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    if (!fileOf(pid, fd).endsWith('data.mdb')) return false;
    const flags = /flags:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1];
    return (Number.parseInt(flags ?? '0', 8) & O_DSYNC) !== 0;
  });
  assert.equal(handles.length, 1);
  return Number(handles[0]);
}

/** Empty for a handle that was closed meanwhile, which a connection does at any time. */
function fileOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
