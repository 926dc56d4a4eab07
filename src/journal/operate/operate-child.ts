/** Run as a process of its own, `operate-child DIR`: see operate.ts. The operation is the parent's first message. */
import { OperatorError } from '../../operator-error.ts';
import { hasRoot, instructionOfParent, tellParent } from '../child.ts';
import { openEnvironment } from '../database.ts';
import { JournalStore } from '../store.ts';
import { findAccount } from './find-account.ts';
import { locateDelivery } from './locate-delivery.ts';
import type { Operation, OperationMessage, RequeueSettings } from './operate.ts';
import { requeue } from './requeue.ts';

const [dir = ''] = process.argv.slice(2);
// For a refused write lmdb-js rejects a second promise, which nobody can await.
process.on('unhandledRejection', () => undefined);
try {
  await run(await instructionOfParent<Operation>());
  await send({ kind: 'end' });
} catch (error) {
  await send({ kind: 'unreadable', reason: error instanceof Error ? error.message : String(error) });
}
process.disconnect();

async function run(asked: Operation): Promise<void> {
  await checkRoot();
  const writes = asked.kind === 'requeue' || asked.kind === 'discard';
  const store = await JournalStore.open({ dir, payloadKeys: asked.payloadKeys, readOnly: !writes });
  try {
    await operateOn(store, asked);
  } finally {
    await store.close();
  }
}

async function operateOn(store: JournalStore, asked: Operation): Promise<void> {
  switch (asked.kind) {
    case 'requeue':
      return requeueAll(store, asked);
    case 'find':
      for (const entry of findAccount(store, asked.account)) await send({ kind: 'found', entry });
      return;
    case 'locate': {
      const delivery = locateDelivery(store, asked.deliveryId);
      if (delivery) await send({ kind: 'located', delivery });
      return;
    }
    case 'discard':
      return discard(store, asked.ids);
    default:
      return list(store, asked);
  }
}

/** Somebody may have requeued some of them meanwhile. */
async function discard(store: JournalStore, ids: readonly string[]): Promise<void> {
  const present = ids.filter((id) => store.has('quarantined', id));
  await store.discardQuarantined(present);
  await send({ kind: 'discarded', count: present.length });
}

async function checkRoot(): Promise<void> {
  const environment = openEnvironment(dir, { readOnly: true });
  const isThere = hasRoot(environment);
  await environment.close();
  if (!isThere) throw new Error('it has lost its root');
}

async function list(store: JournalStore, { kind, limit }: { kind: string; limit: number }): Promise<void> {
  await send({ kind: 'counts', pending: store.pendingCount, quarantined: store.quarantinedCount });
  if (kind === 'list')
    for (const entry of store.listPending(limit)) await send({ kind: 'pending', ...entry });
  else for (const entry of store.listQuarantined(limit)) await send({ kind: 'quarantined', ...entry });
}

/** A record that can't be requeued does not stop the others. */
async function requeueAll(
  store: JournalStore,
  { ids, ...settings }: { ids: string[] } & RequeueSettings,
): Promise<void> {
  for (const id of ids) {
    try {
      await send({ kind: 'requeued', id, deliveryId: await requeue(store, id, settings) });
    } catch (error) {
      const reason = error instanceof OperatorError ? error.message : String(error);
      await send({ kind: 'failed', id, reason });
    }
  }
}

function send(message: OperationMessage): Promise<void> {
  return tellParent(message);
}
