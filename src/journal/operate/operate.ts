import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PayloadKey } from '../../encryption/payload-keys.ts';
import { OperatorError } from '../../operator-error.ts';
import { runChild } from '../child.ts';
import { SET_UP_MARK } from '../database.ts';
import type { Listed } from '../reader.ts';
import type { PendingDelivery, Quarantined, RecordKind } from '../record.ts';
import type { LocatedDelivery } from './locate-delivery.ts';

/**
 * What the `journal` commands do with a journal, also while a receiver uses it. `payloadKeys`: as that receiver has them;
 * absent: nothing can be decrypted.
 */
export type Operation = { payloadKeys?: readonly PayloadKey[] } & (
  | { kind: 'list' | 'quarantine'; limit: number }
  | ({ kind: 'requeue'; ids: string[] } & RequeueSettings)
  | { kind: 'find'; account: string }
  | { kind: 'discard'; ids: readonly string[] }
  | { kind: 'locate'; deliveryId: string }
);

/**
 * An entry that names an account, or that nobody can search: it is damaged, or it waits for a key that is missing here.
 * `receivedAt` is in ms since the epoch. A raw callback has no delivery id yet.
 */
export type FoundEntry = { part: RecordKind; id: string } & (
  | { isSearchable: false; missingKey?: string }
  | {
      isSearchable: true;
      kind: 'delivery' | 'raw';
      deliveryId: string | null;
      pairs: number | null;
      receivedAt: number;
    }
);

/** What of the settings decides about a raw callback. `relay`: absent where no endpoint stands behind the receiver. */
export type RequeueSettings = {
  sdkAppId: string | undefined;
  relay?: { durable: readonly string[] } | undefined;
};

/** What the operating child sends. `end` comes last, and only if the child finished. */
export type OperationMessage =
  | { kind: 'counts'; pending: number; quarantined: number }
  | ({ kind: 'pending' } & Listed<PendingDelivery>)
  | ({ kind: 'quarantined' } & Listed<Quarantined>)
  | { kind: 'requeued'; id: string; deliveryId: string }
  | { kind: 'failed'; id: string; reason: string }
  | { kind: 'found'; entry: FoundEntry }
  | { kind: 'discarded'; count: number }
  | { kind: 'located'; delivery: LocatedDelivery }
  | { kind: 'unreadable'; reason: string }
  | { kind: 'end' };

/** The journal, or a part of it, can't be read. */
export class DamagedJournalError extends OperatorError {
  override name = 'DamagedJournalError';

  constructor(dir: string, reason: string) {
    super(
      `The journal in ${dir} is damaged (${reason}). Restart the receiver: it sets the journal aside and takes over what can be read of it.`,
    );
  }
}

/**
 * Runs an operation in a process of its own, because a damaged file may end that process.
 *
 * @param onMessage gets what could be read, even if the rest can't be read
 * @throws DamagedJournalError
 */
export async function operate(
  dir: string,
  operation: Operation,
  onMessage: (message: OperationMessage) => void,
): Promise<void> {
  let reason = 'reading it ended the reading process';
  let ended = false;
  const handle = (message: OperationMessage) => {
    if (message.kind === 'end') ended = true;
    else if (message.kind === 'unreadable') reason = message.reason;
    else onMessage(message);
  };
  await runChild('operate/operate-child', [dir], { onMessage: handle, instruction: operation });
  if (!ended) throw new DamagedJournalError(dir, reason);
}

/**
 * Where a journal has a delivery, also while a receiver uses the journal. Undefined: nowhere, or there is no journal.
 *
 * @throws DamagedJournalError
 */
export async function locateInJournal(
  { dir, payloadKeys }: { dir: string; payloadKeys: readonly PayloadKey[] },
  deliveryId: string,
): Promise<LocatedDelivery | undefined> {
  if (!existsSync(join(dir, SET_UP_MARK))) return undefined;
  let located: LocatedDelivery | undefined;
  await operate(dir, { kind: 'locate', deliveryId, payloadKeys }, (message) => {
    if (message.kind === 'located') located = message.delivery;
  });
  return located;
}
