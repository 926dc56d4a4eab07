import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { InterceptingCall } from '@grpc/grpc-js';
import { type Client, Connection } from '@temporalio/client';
import { createClient } from '../../../src/temporal/connect.ts';

/** gRPC's word for a method that a server does not have. */
const UNIMPLEMENTED = '12';

/** Refuses whatever it is asked, and remembers with which headers it was. */
async function refusingServer() {
  const asked: IncomingHttpHeaders[] = [];
  const server = createServer();
  server.on('stream', (stream, headers) => {
    asked.push(headers);
    const answer = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': UNIMPLEMENTED };
    stream.respond(answer, { endStream: true });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { asked, server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('each request names its namespace in a header, and none enters an AsyncLocalStorage for it', async () => {
  const { asked, server, address } = await refusingServer();
  const contexts: unknown[] = [];
  const client: Client = createClient(
    { connectionOptions: { address }, namespace: 'friends', configured: true },
    [
      (options, nextCall) => {
        assert.ok(client.connection instanceof Connection);
        contexts.push(client.connection.callContextStorage.getStore());
        return new InterceptingCall(nextCall(options));
      },
    ],
  );
  await assert.rejects(client.workflow.getHandle('any').describe());
  await client.connection.close();
  server.close();
  assert.deepEqual(
    asked.map((headers) => headers['temporal-namespace']),
    ['friends'],
  );
  assert.deepEqual(contexts, [undefined]);
});
