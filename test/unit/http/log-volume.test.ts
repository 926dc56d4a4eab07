import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAnswer, sendRaw } from '../../support/doubles/raw-http.ts';
import { openDoor, requestBytes, signedQuery } from '../../support/stages/door.ts';

const CLOSE = ['Host: localhost', 'Connection: close'];

test('given many callbacks of commands that nobody knows, then the log has one line per second for all of them', async (t) => {
  const door = await openDoor();
  t.after(() => door.server.close());
  for (let index = 0; index < 50; index += 1) {
    const query = new URLSearchParams(signedQuery());
    query.set('CallbackCommand', `Made.Up${index}`);
    const bytes = requestBytes({ query: query.toString(), headers: CLOSE, body: '{}' });
    assert.equal(readAnswer(await sendRaw(door.server.url, bytes)), '200');
  }
  assert.equal(await door.counted('other-command'), 50);
  const lines = door.logs.filter(({ verdict }) => verdict === 'other-command');
  assert.ok(lines.length >= 1 && lines.length < 25, `${lines.length} lines for 50 callbacks`);
  assert.deepEqual([...new Set(lines.map(({ command }) => command))], ['other']);
});
