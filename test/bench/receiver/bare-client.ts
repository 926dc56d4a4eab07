/**
 * The process of bare-load.ts: a client of Temporal and nothing else. It starts the same workflows as the dispatcher, so
 * many at the same time, and keeps nothing on a disk.
 */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { createPlan } from '../../../src/config/plan.ts';
import { readSettings } from '../../../src/config/settings.ts';
import { startOptions } from '../../../src/temporal/start/start-delivery.ts';
import { FRIEND_DELETED, workflowId } from '../../../workflows/contract.ts';
import { EMBEDDED } from '../../support/inputs/embedded.ts';
import { SDK_APP_ID } from '../app.ts';
import type { BareJob, BareLoad } from './bare-load.ts';

const settings = readSettings({ ...EMBEDDED, SDK_APP_ID }, 'serve');
const plan = createPlan(settings);
const clients = new Map<string, Client>();

process.on('message', (job: BareJob) => {
  measure(job).then(
    (result) => process.send?.({ result }),
    (error) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());

async function measure({ address, concurrency, seconds }: BareJob): Promise<BareLoad> {
  const client = clients.get(address) ?? new Client({ connection: await Connection.connect({ address }) });
  clients.set(address, client);
  let started = 0;
  const startedAt = performance.now();
  const endAt = startedAt + seconds * 1_000;
  const startInTurn = async () => {
    while (performance.now() < endAt) {
      await startOne(client);
      started += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, startInTurn));
  return { perSecond: (1_000 * started) / (performance.now() - startedAt), started };
}

async function startOne(client: Client): Promise<void> {
  const deliveryId = randomUUID();
  const pairs = ['id1', 'id2', 'id3'].map((to) => ({ from: 'id', to }));
  const delivery = { deliveryId, sdkAppId: SDK_APP_ID, receivedAt: Date.now() };
  const { taskQueue } = settings;
  const indexAccounts = settings.indexAccounts === 'on';
  const bodyHash = deliveryId.padEnd(64, '0');
  await client.workflow.start(FRIEND_DELETED, {
    ...startOptions({ delivery, pairs, plan }, { taskQueue, bodyHash, origin: deliveryId, indexAccounts }),
    workflowId: workflowId(delivery),
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
}
