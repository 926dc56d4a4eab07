import { chooseDeliveryId } from '../../callback/delivery-id.ts';
import { judge } from '../../callback/judge.ts';
import { composeRelayed } from '../../callback/relayed-callback.ts';
import { DecryptionError } from '../../encryption/key-ring.ts';
import { OperatorError } from '../../operator-error.ts';
import { findHolder } from '../find-holder.ts';
import type { PendingDelivery, Quarantined, RawCallback } from '../record.ts';
import type { JournalStore } from '../store.ts';
import type { RequeueSettings } from './operate.ts';

/**
 * Makes a quarantined record pending again and returns its delivery id. A raw callback is read again, by the schema
 * of this version. Its Sign was right when it came, and is not checked again.
 *
 * @throws OperatorError when there is no such record, or it still can't be read
 */
export async function requeue(store: JournalStore, id: string, settings: RequeueSettings): Promise<string> {
  const quarantined = find(store, id);
  if (!quarantined) throw new OperatorError(`Nothing with the id ${id} in the quarantine.`);
  const pending = await readPending(store, quarantined, settings);
  await store.requeue(id, pending);
  return pending.delivery.deliveryId;
}

function find(store: JournalStore, id: string): Quarantined | undefined {
  try {
    return store.findQuarantined(id);
  } catch (error) {
    if (!(error instanceof DecryptionError)) throw error;
    throw new OperatorError(
      `It is ${error.message}. Set PAYLOAD_KEYS as the receiver has it. It stays in the quarantine.`,
    );
  }
}

async function readPending(
  store: JournalStore,
  quarantined: Quarantined,
  settings: RequeueSettings,
): Promise<PendingDelivery> {
  switch (quarantined.kind) {
    case 'delivery':
      return quarantined.pending;
    case 'raw':
      return readRaw(store, quarantined.raw, settings);
    case 'damaged':
      throw new OperatorError(
        'The disk damaged this entry, and nothing can read it any more. It stays in the quarantine.',
      );
  }
}

async function readRaw(
  store: JournalStore,
  raw: RawCallback,
  { sdkAppId, relay }: RequeueSettings,
): Promise<PendingDelivery> {
  if (sdkAppId === undefined)
    throw new OperatorError("SDK_APP_ID: missing; set it to the receiver's SDKAppID.");
  const query = new URLSearchParams({ ...raw.query, SdkAppid: sdkAppId });
  const body = Buffer.from(raw.body, 'base64');
  const settings = { sdkAppId, tokens: [], ignorePlatforms: [], relay };
  const verdict = judge({ query, body }, settings, raw.receivedAt);
  if (verdict.kind !== 'accept') {
    const why = verdict.kind === 'refuse' ? (verdict.info ?? verdict.reason) : verdict.reason;
    throw new OperatorError(`This version can't read it either: ${why}. It stays in the quarantine.`);
  }
  const { key, receivedAt, pairs, isRelayed } = verdict.callback;
  // While it lay in the quarantine, its RequestId may have come again with another body.
  const { deliveryId } = chooseDeliveryId(verdict.callback, (id) => findHolder(store, id));
  const relayed =
    isRelayed && (await composeRelayed({ query: query.toString(), contentType: undefined, body }));
  return {
    delivery: { deliveryId, sdkAppId, receivedAt },
    pairs,
    ...key,
    ...(relayed && { callback: relayed }),
  };
}
