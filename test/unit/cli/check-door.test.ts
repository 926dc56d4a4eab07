import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { checkDoor } from '../../../src/cli/check/check-door.ts';
import { TENCENT, TencentChatServer } from '../../support/doubles/tencent-chat.ts';
import { selfSigned } from '../../support/inputs/certificates.ts';
import { read } from '../../support/inputs/settings.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';

const DAY = 24 * 60 * 60 * 1_000;
const APP = { SDK_APP_ID: TENCENT.sdkAppId };

describe('unfriend check, of the door', () => {
  const folder = temporaryFolder();
  let tencent: TencentChatServer;
  before(async () => {
    tencent = await TencentChatServer.start();
  });
  after(async () => {
    await tencent.close();
    folder.remove();
  });

  test('says until when the certificate is valid, warns before its end, and finds a fault after it', async () => {
    const { certFile, keyFile } = selfSigned(folder.path);
    const settings = read({ ...APP, TLS_CERT: certFile, TLS_KEY: keyFile }, 'serve');
    const stateAt = async (now: number) => (await checkDoor(settings, now)).map(({ state }) => state);
    // It is valid for two days.
    assert.deepEqual(await stateAt(Date.now() - 30 * DAY), ['ok']);
    assert.deepEqual(await stateAt(Date.now()), ['warning']);
    assert.deepEqual(await stateAt(Date.now() + 3 * DAY), ['fault']);
  });

  test('asks for Tencent’s addresses if CALLBACK_ALLOW has tencent, and warns if it cannot have them', async () => {
    Object.assign(tencent.addresses, { 5: ['203.0.113.9'], 6: ['203.0.113.10'] });
    const allow = { ...APP, CALLBACK_ALLOW: 'tencent', TENCENT_SECRET_KEY: TENCENT.secretKey };
    const [found] = await checkDoor(read({ ...allow, TENCENT_DOMAIN: tencent.url }, 'serve'));
    assert.equal(found?.state, 'ok');
    assert.match(found?.message ?? '', /names 2 addresses/);
    const [away] = await checkDoor(read({ ...allow, TENCENT_DOMAIN: 'http://127.0.0.1:1' }, 'serve'));
    assert.equal(away?.state, 'warning');
    assert.match(away?.message ?? '', /ECONNREFUSED.*everyone is let in/);
  });

  test('finds nothing where neither is set', async () => {
    assert.deepEqual(await checkDoor(read(APP, 'serve')), []);
  });
});
