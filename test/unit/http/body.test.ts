import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { readAnswer, sendRaw } from '../../support/doubles/raw-http.ts';
import {
  type Door,
  goodBody,
  MAX_BODY,
  openDoor,
  requestBytes,
  signedQuery,
} from '../../support/stages/door.ts';
import { until } from '../../support/until.ts';

const CLOSE = ['Host: localhost', 'Connection: close'];
/** As many bodies of MAX_BODY as are read at the same time. */
const AT_ONCE = 32;

let door: Door;
before(async () => {
  door = await openDoor();
});
after(() => door.server.close());

function withoutApp(): string {
  const query = new URLSearchParams(signedQuery());
  query.delete('SdkAppid');
  return query.toString();
}

/** Requests that announce a body and send `sent` bytes of it, and then nothing more. */
async function stall(
  count: number,
  request: { query: string; length: number; sent: number },
): Promise<Socket[]> {
  const bytes = requestBytes({ ...request, body: ' '.repeat(request.sent) });
  return Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect(door.server.port, '127.0.0.1', () =>
            socket.write(bytes, () => resolve(socket)),
          );
          socket.on('error', reject);
        }),
    ),
  );
}

describe('a body without SdkAppid', () => {
  test('is refused before it arrives, when its length is announced', async () => {
    const bytes = requestBytes({ query: withoutApp(), body: '', length: MAX_BODY });
    assert.match(await firstAnswer(bytes), /^HTTP\/1\.1 400 .*SdkAppid: missing/s);
  });

  test('is refused at its first byte, when its length is not announced', async () => {
    const bytes = `POST /?${withoutApp()} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nx`;
    assert.match(await firstAnswer(bytes), /^HTTP\/1\.1 400 .*SdkAppid: missing/s);
  });

  test('is the console’s probe when it is empty, in chunks too', async () => {
    const chunked = `POST /?${withoutApp()} HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`;
    assert.equal(readAnswer(await sendRaw(door.server.url, chunked)), '200');
    const announced = requestBytes({ query: withoutApp(), headers: CLOSE, body: '' });
    assert.equal(readAnswer(await sendRaw(door.server.url, announced)), '200');
  });
});

/** What comes back first; the connection stays open. */
function firstAnswer(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(door.server.port, '127.0.0.1', () => socket.write(bytes));
    socket.once('data', (chunk) => {
      socket.destroy();
      resolve(chunk.toString());
    });
    socket.on('error', reject);
  });
}

test('a signed body without an announced length is read up to MAX_BODY', async () => {
  const chunked = (bytes: number) =>
    `POST /?${signedQuery()} HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${bytes.toString(16)}\r\n${goodBody(bytes)}\r\n0\r\n\r\n`;
  assert.equal(readAnswer(await sendRaw(door.server.url, chunked(MAX_BODY))), '200');
  assert.equal((await firstAnswer(chunked(MAX_BODY + 1))).slice(0, 12), 'HTTP/1.1 413');
});

test('a refused body is read to its end, so that the next callback can come over the same connection', async () => {
  const first = requestBytes({ query: withoutApp(), body: goodBody(20_000) });
  const answers = await sendRaw(door.server.url, first + requestBytes({ headers: CLOSE }));
  assert.match(answers, /^HTTP\/1\.1 400 .*HTTP\/1\.1 200 .*"OK"/s);
});

test('given large signed bodies that stall, then small ones go on, and large ones get their turn', async () => {
  const aborted = await door.counted('aborted');
  const stalled = await stall(AT_ONCE, { query: signedQuery(), length: MAX_BODY, sent: MAX_BODY / 2 });
  const small = await sendRaw(door.server.url, requestBytes({ headers: CLOSE }));
  assert.equal(readAnswer(small), '200');
  const large = await Promise.all(
    Array.from({ length: 2 * AT_ONCE }, () =>
      sendRaw(door.server.url, requestBytes({ headers: CLOSE, body: goodBody(MAX_BODY) })),
    ),
  );
  for (const answer of large) assert.equal(readAnswer(answer), '200');
  await until(
    'the stalled to be given up',
    async () => (await door.counted('aborted')) === aborted + AT_ONCE,
  );
  for (const socket of stalled) socket.destroy();
});

test('a signed body that found no room in time counts as lost', async () => {
  const before = await door.counted('unavailable');
  const stalled = await stall(3 * AT_ONCE, { query: signedQuery(), length: MAX_BODY, sent: 0 });
  await until('some to be refused', async () => (await door.counted('unavailable')) > before);
  for (const socket of stalled) socket.destroy();
});

test('a place that nobody waits at any more is given to the next', async () => {
  const query = signedQuery();
  const stalled = await stall(3 * AT_ONCE, { query, length: MAX_BODY, sent: 1 });
  for (const socket of stalled) socket.destroy();
  const large = requestBytes({ headers: CLOSE, body: goodBody(MAX_BODY) });
  assert.equal(readAnswer(await sendRaw(door.server.url, large)), '200');
});
