import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Client } from '@temporalio/client';
import { parsePayloadKeys } from '../../../src/encryption/payload-keys.ts';
import { createClient } from '../../../src/temporal/connect.ts';
import { searchAttributes } from '../../../workflows/contract.ts';
import { postSigned } from '../../support/inputs/callbacks.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { FREE_PORTS, UnfriendProcess } from '../../support/servers/process.ts';
import { AccountStage, payloadKey } from '../../support/stages/account-stage.ts';
import { until } from '../../support/until.ts';

const NEW = payloadKey('new');
const OLD = payloadKey('old');

let stage: AccountStage;
/** Has all keys: a list has the memos of what it lists. */
let client: Client;
before(async () => {
  stage = await AccountStage.start();
  const payloadKeys = parsePayloadKeys(`${NEW},${OLD}`);
  client = createClient({ ...stage.deliveries.temporal.settings, payloadKeys });
});
after(async () => {
  await client.connection.close();
  await stage.stop();
});

/** Sends one callback to a receiver with these keys, and returns what Temporal has as the delivery's accounts. */
async function deliver(requestId: string, keys: Record<string, string>): Promise<string[] | undefined> {
  const { temporal } = stage.deliveries;
  const receiver = new UnfriendProcess(['serve'], {
    ...FREE_PORTS,
    ...keys,
    DATA_DIR: stage.folder.path,
    TEMPORAL_ADDRESS: String(temporal.settings.connectionOptions.address),
  });
  try {
    const url = String((await receiver.log('taking callbacks')).url);
    const answer = await postSigned(url, { requestId, pairs: pairsOf(['alice', 'bob']) });
    assert.equal(answer.status, 200);
    return await until(`${requestId} to be in Temporal`, async () => {
      const query = `WorkflowId="friend-deleted/${FREE_PORTS.SDK_APP_ID}/${requestId}"`;
      for await (const { typedSearchAttributes } of client.workflow.list({ query }))
        return typedSearchAttributes.get(searchAttributes.accounts) ?? [];
      return undefined;
    });
  } finally {
    receiver.child.kill('SIGTERM');
    await receiver.exit();
  }
}

test('given receivers without keys, with a key, and with a newer one, then each delivery is found by name, and only those with keys hide it', async () => {
  assert.deepEqual(await deliver('no-key', {}), ['alice', 'bob']);
  const first = await deliver('first-key', { PAYLOAD_KEYS: OLD });
  const second = await deliver('second-key', { PAYLOAD_KEYS: `${NEW},${OLD}` });
  assert.deepEqual([first?.length, second?.length], [2, 2]);
  assert.equal(new Set([...(first ?? []), ...(second ?? []), 'alice', 'bob']).size, 6);
  assert.deepEqual(await deliver('off', { PAYLOAD_KEYS: NEW, INDEX_ACCOUNTS: 'off' }), []);

  type Document = { workflows: { deliveryId: string }[]; notSearchable: { notIndexed: number } };
  const found = async (keys: Record<string, string>) => {
    const { document } = await stage.json<Document>(['find', 'alice'], keys);
    return document.workflows.map(({ deliveryId }) => deliveryId).toSorted();
  };
  assert.deepEqual(await found({ PAYLOAD_KEYS: `${NEW},${OLD}` }), ['first-key', 'no-key', 'second-key']);
  assert.deepEqual(await found({ PAYLOAD_KEYS: NEW }), ['no-key', 'second-key']);
  assert.deepEqual(await found({}), ['no-key']);
  const { document } = await stage.json<Document>(['find', 'alice']);
  assert.equal(document.notSearchable.notIndexed, 1);
});
