import type { JournalStore } from '../store.ts';
import { carriesAccount, quarantinedNames } from './names-account.ts';
import type { FoundEntry } from './operate.ts';

/** Yields what of the journal and its quarantine names the account. */
export function* findAccount(store: JournalStore, account: string): Generator<FoundEntry> {
  yield* findPending(store, account);
  yield* findQuarantined(store, account);
}

function* findPending(store: JournalStore, account: string): Generator<FoundEntry> {
  for (const { key, record, missingKey } of store.listPending(store.pendingCount)) {
    if (!record) yield { part: 'pending', id: key, ...unsearchable(missingKey) };
    else if (carriesAccount(record, account)) {
      const { deliveryId, receivedAt } = record.delivery;
      const known = { kind: 'delivery' as const, deliveryId, pairs: record.pairs.length, receivedAt };
      yield { part: 'pending', id: key, isSearchable: true, ...known };
    }
  }
}

function* findQuarantined(store: JournalStore, account: string): Generator<FoundEntry> {
  for (const { key, record, missingKey } of store.listQuarantined(store.quarantinedCount)) {
    const names = record && quarantinedNames(record, account);
    if (!record || record.kind === 'damaged' || names === undefined)
      yield { part: 'quarantined', id: key, ...unsearchable(missingKey) };
    else if (names) yield { part: 'quarantined', id: key, isSearchable: true, ...describe(record) };
  }
}

function unsearchable(missingKey: string | undefined) {
  return { isSearchable: false as const, ...(missingKey !== undefined && { missingKey }) };
}

function describe(
  record: Exclude<ReturnType<JournalStore['findQuarantined']>, undefined | { kind: 'damaged' }>,
) {
  if (record.kind === 'raw')
    return { kind: record.kind, deliveryId: null, pairs: null, receivedAt: record.raw.receivedAt };
  const { delivery, pairs } = record.pending;
  const { deliveryId, receivedAt } = delivery;
  return { kind: record.kind, deliveryId, pairs: pairs.length, receivedAt };
}
