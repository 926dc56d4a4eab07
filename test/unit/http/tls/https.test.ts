import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, afterEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { readAnswer, sendRaw } from '../../../support/doubles/raw-http.ts';
import { selfSigned } from '../../../support/inputs/certificates.ts';
import { temporaryFolder } from '../../../support/servers/temporal.ts';
import { type Door, openDoor, requestBytes, signedQuery } from '../../../support/stages/door.ts';
import { until } from '../../../support/until.ts';

const CLOSE = ['Host: localhost', 'Connection: close'];
const folder = temporaryFolder();
const { certFile: cert, keyFile: key } = selfSigned(folder.path);
const tls = { cert, key };
const doors: Door[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(doors.splice(0).map(({ server }) => server.close()));
});
after(() => folder.remove());

async function open(...options: Parameters<typeof openDoor>): Promise<Door> {
  const [intake, more] = options;
  const door = await openDoor(intake, { tls, ...more });
  doors.push(door);
  return door;
}

/** A connection that has not begun its handshake. */
async function connected({ server }: Door): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1').on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

async function secured({ server }: Door): Promise<Socket> {
  const socket = connectTls({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'secureConnect');
  return socket;
}

describe('a receiver that speaks HTTPS', () => {
  test('acknowledges a signed callback, also if the client closes its side while the journal is slow', async () => {
    const door = await open({
      accept: ({ key }) => delay(200, { deliveryId: key.origin, duplicate: false }),
    });
    assert.match(door.server.url, /^https:/);
    assert.equal(readAnswer(await sendRaw(door.server.url, requestBytes({ headers: CLOSE }))), '200');
    assert.equal(readAnswer(await sendRaw(door.server.url, requestBytes(), { halfClose: true })), '200');
  });

  for (const [what, bytes, answer] of [
    ['what is not HTTP', 'NOT HTTP\r\n\r\n', '400 malformed HTTP request'],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\n\r\n', '405 method must be POST'],
    [
      'chunks that can’t be read',
      `POST /?${signedQuery()} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"Cal\r\nnonsense`,
      '400 body: incomplete',
    ],
    [
      'an unsigned callback',
      requestBytes({ query: 'SdkAppid=1400000000', headers: CLOSE }),
      '401 unauthorized',
    ],
  ] as const) {
    test(`answers ${what} with the three fields`, async () => {
      const door = await open();
      assert.equal(readAnswer(await sendRaw(door.server.url, bytes)), answer);
    });
  }

  test('closes a connection whose handshake failed, counts it, and takes it for no callback', async () => {
    const door = await open();
    const socket = await connected(door);
    socket.write('POST / HTTP/1.1\r\n\r\n');
    await once(socket.resume(), 'close');
    await until('the count', async () => (await door.failedHandshakes()) === 1);
    assert.equal(await door.counted('malformed-http'), 0);
    const line = door.logs.find(({ msg }) => msg === 'a TLS handshake failed');
    assert.equal(line?.reason, 'ERR_SSL_HTTP_REQUEST');
  });

  test('gives a handshake five seconds, and a first request ten', async () => {
    const door = await open();
    const [stalled, idle] = [await connected(door), await secured(door)];
    stalled.resume();
    idle.resume();
    await once(stalled, 'close');
    await until('the count', async () => (await door.failedHandshakes()) === 1);
    await once(idle, 'close');
    assert.equal(await door.counted('aborted'), 0);
    assert.equal(await door.counted('malformed-http'), 0);
    await until('no connection', async () => (await door.openConnections()) === 0);
  });

  test('counts a connection once, before and after its handshake, and forgets it when it is closed', async () => {
    const door = await open();
    const sockets = [await secured(door), await secured(door), await connected(door)];
    await until('three connections', async () => (await door.openConnections()) === 3);
    for (const socket of sockets) socket.destroy();
    await until('no connection', async () => (await door.openConnections()) === 0);
  });

  test('closes half-open handshakes and idle strangers before a connection with signed callbacks', async () => {
    const door = await open({}, { limit: 3 });
    const vendor = await secured(door);
    const acknowledge = async () => {
      vendor.write(requestBytes());
      const [answer] = await once(vendor, 'data');
      assert.match(String(answer), /^HTTP\/1\.1 200 /);
    };
    await acknowledge();
    const [stranger, stalled] = [await secured(door), await connected(door)];
    // It has done more than the handshake that stalls, and is closed later.
    stranger.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(stranger, 'data');
    stalled.resume();
    await connected(door);
    await once(stalled, 'close');
    assert.equal(stranger.destroyed, false);
    for (let index = 0; index < 10; index += 1) await connected(door);
    await acknowledge();
    assert.ok((await door.openConnections()) <= 3);
  });
});
