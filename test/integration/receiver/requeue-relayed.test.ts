import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { requeue } from '../../../src/journal/operate/requeue.ts';
import { JournalStore } from '../../../src/journal/store.ts';
import { memoryFolder } from '../../support/servers/temporal.ts';

const BODY =
  '{"CallbackCommand":"Sns.CallbackFriendDelete","PairList":[{"From_Account":"alice","To_Account":"bob"}]}';

/** What is pending after a raw callback was requeued with these settings. */
async function requeued(relay?: { durable: string[] }) {
  const folder = memoryFolder();
  const store = await JournalStore.open({ dir: join(folder.path, 'journal') });
  try {
    const raw = {
      receivedAt: Date.now(),
      query: { RequestId: 'r1', OptPlatform: 'Web' },
      body: Buffer.from(BODY).toString('base64'),
    };
    await store.addQuarantined({ kind: 'raw', reason: 'why', quarantinedAt: Date.now(), raw });
    const [entry] = [...store.listQuarantined(1)];
    assert.equal(await requeue(store, entry?.key ?? '', { sdkAppId: '1400000000', relay }), 'r1');
    return [...store.listPending(1)][0]?.record;
  } finally {
    await store.close();
    folder.remove();
  }
}

test('given a raw callback whose command is relayed durably, when it is requeued, then the endpoint gets it too', async () => {
  const pending = await requeued({ durable: ['Sns.CallbackFriendDelete'] });
  assert.deepEqual(pending?.pairs, [{ from: 'alice', to: 'bob' }]);
  assert.equal(pending?.callback?.query, 'RequestId=r1&OptPlatform=Web&SdkAppid=1400000000');
  assert.equal(Buffer.from(pending?.callback?.body ?? '', 'base64').toString(), BODY);
});

test('given no relay, when a raw callback is requeued, then only its pairs are pending', async () => {
  assert.equal((await requeued())?.callback, undefined);
});
