import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { listen } from '../../src/http/server.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** A server, and a connection to it that is kept open after a first answer. */
async function serving() {
  const server = await listen((_request, response) => response.end('answered'), {
    ...{ host: '127.0.0.1', port: 0, setting: 'PORT', keepAlive: 60_000 },
  });
  const socket = connect(server.port, '127.0.0.1');
  socket.write(REQUEST);
  await once(socket, 'data');
  return { server, socket };
}

test('given a stop while a request is on its way over a kept connection, then it is answered', async () => {
  const { server, socket } = await serving();
  const stopped = server.close();
  await delay(20);
  socket.write(REQUEST);
  const [answer] = await once(socket, 'data');
  assert.match(String(answer), /^HTTP\/1\.1 200 /);
  await stopped;
});

test('given a stop, then new connections are refused at once, and idle ones don’t hold it up', async () => {
  const { server } = await serving();
  const startedAt = performance.now();
  const stopped = server.close();
  await delay(20);
  const [refused] = await once(connect(server.port, '127.0.0.1'), 'error');
  assert.equal((refused as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  await stopped;
  assert.ok(performance.now() - startedAt < 2_000);
});
