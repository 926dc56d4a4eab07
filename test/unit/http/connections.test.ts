import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { Connections } from '../../../src/http/connections.ts';
import {
  callbackConnectionLimit,
  openFileLimit,
  opsConnectionLimit,
  relayConnectionLimit,
} from '../../../src/http/open-files.ts';

/** As much of a socket as matters here. */
class TestSocket extends EventEmitter {
  destroyed = false;

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function connected(limit: number) {
  let closed = 0;
  let open = 0;
  const connections = new Connections({
    limit,
    changed: (count) => {
      open = count;
    },
    closed: () => {
      closed += 1;
    },
  });
  const connect = () => {
    const socket = new TestSocket() as unknown as Socket;
    connections.add(socket);
    return socket;
  };
  return { connections, connect, counts: () => ({ open, closed }) };
}

test('given one connection too many, then the idlest stranger’s is closed', () => {
  const { connections, connect, counts } = connected(3);
  const [first, second, third] = [connect(), connect(), connect()];
  connections.noteRequest(first);
  const fourth = connect();
  assert.deepEqual(
    [first, second, third, fourth].map(({ destroyed }) => destroyed),
    [false, true, false, false],
  );
  assert.deepEqual(counts(), { open: 3, closed: 1 });
});

test('a connection over which a signed callback came is never closed for strangers', () => {
  const { connections, connect } = connected(3);
  const vendor = [connect(), connect()];
  for (const socket of vendor) connections.noteSigned(socket);
  const strangers = Array.from({ length: 50 }, connect);
  for (const socket of vendor) assert.equal(socket.destroyed, false);
  assert.equal(strangers.filter(({ destroyed }) => !destroyed).length, 1);
});

test('given known connections alone, then the newcomer is closed, unless one of them had no callback for long', (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const { connections, connect } = connected(2);
  const [first, second] = [connect(), connect()];
  connections.noteSigned(first);
  now = 30_000;
  connections.noteSigned(second);
  assert.equal(connect().destroyed, true);
  now = 70_000;
  const newcomer = connect();
  assert.deepEqual(
    [first, second, newcomer].map(({ destroyed }) => destroyed),
    [true, false, false],
  );
});

test('a connection that was closed is forgotten, also when its last callback is read later', () => {
  const { connections, connect, counts } = connected(2);
  const socket = connect();
  socket.destroy();
  connections.noteSigned(socket);
  connections.noteRequest(socket);
  assert.deepEqual(counts(), { open: 0, closed: 0 });
  assert.equal(connect().destroyed, false);
  assert.equal(connect().destroyed, false);
  assert.deepEqual(counts(), { open: 2, closed: 0 });
});

test('connections leave files for everything else, however few the process may open', () => {
  for (const openFiles of [64, 128, 256, 300, 1_024, 20_000, Number.MAX_SAFE_INTEGER]) {
    const relayed = relayConnectionLimit(openFiles);
    const callbacks = callbackConnectionLimit(openFiles, 4_000, relayed);
    const ops = opsConnectionLimit(openFiles);
    const found = `${openFiles}: ${callbacks}, ${ops} and ${relayed}`;
    assert.ok(callbacks >= 16 && ops >= 4 && relayed >= 8, found);
    assert.ok(callbacks + ops + relayed <= Math.max(openFiles / 2, openFiles - 128), found);
    assert.ok(callbacks <= 4_000);
  }
});

test('the limit of open files is what the shell says', () => {
  const shell = execFileSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  assert.equal(openFileLimit(), shell === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(shell));
});
