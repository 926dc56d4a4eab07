import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAnswer, sendRaw } from '../../support/doubles/raw-http.ts';
import { openDoor, requestBytes } from '../../support/stages/door.ts';

const CLOSE = ['Host: localhost', 'Connection: close'];
const BROKEN = requestBytes({ headers: CLOSE, body: '{"CallbackCommand":"Sns.CallbackFriendDelete"}' });

test('given a quarantine whose disk hangs, then the refusal is answered all the same, counted and logged', async (t) => {
  const door = await openDoor({ keepRefused: () => new Promise(() => undefined) });
  t.after(() => door.server.close());
  const startedAt = performance.now();
  assert.match(readAnswer(await sendRaw(door.server.url, BROKEN)), /^400 PairList/);
  // The deadline itself is one second. A busy machine may answer later.
  assert.ok(performance.now() - startedAt < 10_000, 'the answer waits for the disk');
  assert.equal(await door.notQuarantined(), 1);
  const line = door.logs.find(({ msg }) => msg === 'a callback could not be kept in the quarantine');
  assert.equal(line?.level, 'error');
});

test('given many refused requests, then the log has a few lines about them, the metric has all', async (t) => {
  const door = await openDoor();
  t.after(() => door.server.close());
  const count = 300;
  const unsigned = requestBytes({ query: 'SdkAppid=1400000000', headers: CLOSE });
  for (let index = 0; index < count; index += 1) {
    assert.equal(readAnswer(await sendRaw(door.server.url, unsigned)), '401 unauthorized');
  }
  assert.equal(await door.counted('unauthorized'), count);
  const lines = door.logs.filter(({ verdict }) => verdict === 'unauthorized');
  assert.ok(lines.length < count / 10, `${lines.length} lines`);
});

test('each accepted callback has a line of its own', async (t) => {
  const door = await openDoor();
  t.after(() => door.server.close());
  for (let index = 0; index < 20; index += 1)
    await sendRaw(door.server.url, requestBytes({ headers: CLOSE }));
  assert.equal(
    door.logs.filter(({ verdict, deliveryId }) => verdict === 'accepted' && deliveryId).length,
    20,
  );
});
