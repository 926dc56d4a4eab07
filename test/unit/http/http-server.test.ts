import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { type HttpServer, listen } from '../../../src/http/server.ts';
import { until } from '../../support/until.ts';

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

/** Resolves with the error of a new connection, once they are refused. */
function untilRefused({ port }: HttpServer): Promise<NodeJS.ErrnoException> {
  return until('new connections to be refused', async () => {
    const attempt = connect(port, '127.0.0.1');
    try {
      await once(attempt, 'connect');
      return undefined;
    } catch (error) {
      return error as NodeJS.ErrnoException;
    } finally {
      attempt.destroy();
    }
  });
}

test('given a stop while a request is on its way over a kept connection, then it is answered', async () => {
  const { server, socket } = await serving();
  const stopped = server.close();
  await untilRefused(server);
  socket.write(REQUEST);
  const [answer] = await once(socket, 'data');
  assert.match(String(answer), /^HTTP\/1\.1 200 /);
  await stopped;
});

test('given a stop, then new connections are refused at once, and idle ones don’t hold it up', async () => {
  const { server } = await serving();
  const startedAt = performance.now();
  const stopped = server.close();
  assert.equal((await untilRefused(server)).code, 'ECONNREFUSED');
  await stopped;
  assert.ok(performance.now() - startedAt < 2_000);
});
