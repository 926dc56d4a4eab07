import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TencentStage } from '../../support/stages/tencent-stage.ts';

const chat = new TencentStage();

test('check finds a UserSig that is accepted and a clock that fits, and sends nothing', async () => {
  assert.deepEqual(
    (await chat.messenger.check()).map(({ state }) => state),
    ['ok', 'ok'],
  );
  assert.deepEqual(
    chat.server.requests.map(({ command }) => command),
    ['v4/im_open_login_svc/account_check'],
  );
});

for (const [clockAhead, says] of [
  [120_000, /1(19|20|21) s behind .*NTP/],
  [-120_000, /1(19|20|21) s ahead of .*NTP/],
] as const) {
  test(`check finds a clock that is ${clockAhead} ms off to be at fault`, async () => {
    chat.server.clockAhead = clockAhead;
    const [, clock] = await chat.messenger.check();
    assert.equal(clock?.state, 'fault');
    assert.match(clock?.message ?? '', says);
  });
}

test('check says which setting to look at when the vendor refuses, and never throws', async () => {
  chat.server.played.push(70009);
  const [refused] = await chat.messenger.check();
  assert.equal(refused?.state, 'fault');
  assert.match(refused?.message ?? '', /70009 .*TENCENT_SECRET_KEY/);
  await chat.server.close();
  const [away] = await chat.messenger.check();
  assert.equal(away?.state, 'fault');
  assert.match(away?.message ?? '', /ECONNREFUSED.*TENCENT_DOMAIN/);
});
