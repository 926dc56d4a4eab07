import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { composeCallback } from '../../../src/callback/compose-request.ts';
import { Receiver } from '../../../src/http/receiver.ts';
import type { RawCallback } from '../../../src/journal/record.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { read } from '../../support/inputs/settings.ts';
import { SDK_APP_ID, TOKEN } from '../../support/stages/receiver.ts';

const kept: RawCallback[] = [];
let receiver: Receiver;
before(async () => {
  const environment = { SDK_APP_ID, CALLBACK_TOKEN: TOKEN, HOST: '127.0.0.1', PORT: '0' };
  receiver = await Receiver.start(read(environment, 'serve'), {
    intake: {
      accept: () => assert.fail('none can be read'),
      keepRefused: async (raw) => void kept.push(raw),
    },
    ...{ metrics: createMetrics(), logger: createLogger('silent') },
  });
});
after(() => receiver.stop({ drain: false }));

/** Sends one that can't be read, and returns what is kept of its query. */
async function keptQuery(...requestIds: [name: string, value: string][]): Promise<RawCallback['query']> {
  const { query } = composeCallback({ sdkAppId: SDK_APP_ID, pairs: [], token: TOKEN, now: Date.now() });
  for (const [name, value] of requestIds) query.append(name, value);
  const response = await fetch(`${receiver.url}/?${query}`, { method: 'POST', body: '{' });
  assert.equal(response.status, 400);
  return kept.at(-1)?.query ?? {};
}

test('of a callback that can’t be read, the query is kept without the signature and the addresses', async () => {
  assert.deepEqual(await keptQuery(['RequestId', 'r1']), {
    CallbackCommand: 'Sns.CallbackFriendDelete',
    OptPlatform: 'Unknown',
    RequestId: 'r1',
  });
});

test('given a RequestId that is repeated, then the one is kept that names the delivery: the first that is not empty', async () => {
  const { RequestId } = await keptQuery(['RequestId', ''], ['RequestId', 'r1'], ['RequestId', 'r2']);
  assert.equal(RequestId, 'r1');
  const { RequestID, ...query } = await keptQuery(['RequestID', 'r1'], ['RequestId', 'r2']);
  assert.equal(RequestID, 'r1');
  assert.deepEqual(Object.values(query), ['Sns.CallbackFriendDelete', 'Unknown', 'r2'], 'in their order');
});
