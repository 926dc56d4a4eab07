import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendError } from '../../../activities/backends/backend.ts';
import { fetchCallbackAddresses } from '../../../activities/backends/tencent/callback-addresses.ts';
import { TENCENT } from '../../support/doubles/tencent-chat.ts';
import { TencentStage } from '../../support/stages/tencent-stage.ts';

const chat = new TencentStage();
const fetchAll = () =>
  fetchCallbackAddresses({ ...TENCENT, url: chat.server.url }, new AbortController().signal);

test('the addresses of callbacks are those in China and elsewhere, each once', async () => {
  Object.assign(chat.server.addresses, {
    5: ['203.0.113.9', '198.51.100.0/24'],
    6: ['198.51.100.0/24', '2001:db8::1'],
  });
  assert.deepEqual(await fetchAll(), ['203.0.113.9', '198.51.100.0/24', '2001:db8::1']);
  assert.deepEqual(
    chat.server.requests.map(({ command, query, body }) => [command, query.get('nettype'), body]).sort(),
    [
      ['v4/ConfigSvc/GetIPList', '5', '{}'],
      ['v4/ConfigSvc/GetIPList', '6', '{}'],
    ],
  );
});

test('given an answer for one half of them only, then there are no addresses: the others would be refused', async () => {
  chat.server.addresses[5] = ['203.0.113.9'];
  await assert.rejects(
    fetchAll(),
    (error) => error instanceof BackendError && /no IPList/.test(error.message),
  );
  chat.server.addresses[6] = [];
  chat.server.played.push(60009);
  await assert.rejects(fetchAll(), /60009/);
  chat.server.played.push({ status: 502 });
  await assert.rejects(fetchAll(), /502/);
});

test('the failure of a refused UserSig says nothing of secrets', async () => {
  chat.server.played.push(70009, 70009, 70009, 70009);
  await assert.rejects(fetchAll(), (error) => {
    chat.assertDiscreet(String(error));
    return true;
  });
});
