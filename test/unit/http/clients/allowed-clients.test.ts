import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AddressRange, parseRange } from '../../../../src/http/clients/addresses.ts';
import { AllowedClients } from '../../../../src/http/clients/allowed-clients.ts';
import { readAnswer, sendRaw } from '../../../support/doubles/raw-http.ts';
import { openDoor, requestBytes } from '../../../support/stages/door.ts';

const CLOSE = ['Host: localhost', 'Connection: close'];
const rangesOf = (...texts: string[]): AddressRange[] =>
  texts.map((text) => parseRange(text) ?? assert.fail(text));

async function doorFor(t: { after(fn: () => Promise<void>): void }, allow: string[], trusted: string[] = []) {
  const allowed = new AllowedClients({ ranges: rangesOf(...allow), trustedProxies: rangesOf(...trusted) });
  const door = await openDoor({}, { allowed });
  t.after(() => door.server.close());
  return door;
}

test('a signed callback from an address that is allowed is acknowledged', async (t) => {
  const { server } = await doorFor(t, ['203.0.113.0/24', '127.0.0.1']);
  assert.equal(readAnswer(await sendRaw(server.url, requestBytes({ headers: CLOSE }))), '200');
});

test('from another address even a signed callback is 403 before its body is read, and is counted', async (t) => {
  const door = await doorFor(t, ['203.0.113.0/24', '::1']);
  // The body never comes.
  const answer = await sendRaw(door.server.url, requestBytes({ body: '', length: 1_000 }), {
    halfClose: true,
  });
  assert.equal(readAnswer(answer), '403 address not allowed');
  for (const bytes of [
    'GET /nowhere HTTP/1.1\r\nConnection: close\r\n\r\n',
    requestBytes({ headers: CLOSE }),
  ]) {
    assert.equal(readAnswer(await sendRaw(door.server.url, bytes)), '403 address not allowed');
  }
  assert.equal(await door.counted('not-allowed'), 3);
  assert.equal(await door.counted('unknown-path'), 0);
});

test('x-forwarded-for is believed only if it comes from a trusted proxy', async (t) => {
  const bytes = requestBytes({ headers: [...CLOSE, 'X-Forwarded-For: 203.0.113.9'] });
  const behind = await doorFor(t, ['203.0.113.0/24'], ['127.0.0.1']);
  assert.equal(readAnswer(await sendRaw(behind.server.url, bytes)), '200');
  const direct = await doorFor(t, ['203.0.113.0/24']);
  assert.equal(readAnswer(await sendRaw(direct.server.url, bytes)), '403 address not allowed');
});

test('however many strangers post, the log has one line per second, with an address', async (t) => {
  const door = await doorFor(t, ['192.0.2.7'], ['127.0.0.1']);
  const before = door.logs.length;
  for (let index = 1; index <= 50; index += 1) {
    const headers = [...CLOSE, `X-Forwarded-For: 203.0.113.${index}`];
    await sendRaw(door.server.url, requestBytes({ headers }));
  }
  const lines = door.logs.slice(before).filter(({ verdict }) => verdict === 'not-allowed');
  assert.ok(lines.length >= 1 && lines.length < 25, `${lines.length} lines for 50 requests`);
  assert.match(String(lines[0]?.client), /^203\.0\.113\.\d+$/);
});
