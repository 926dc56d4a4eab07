import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { OperatorError } from '../operator-error.ts';
import type { PendingDelivery, Quarantined } from './record.ts';

/** What the `journal` commands do with a journal, beside the process that has it. */
export type Operation =
  | { kind: 'list' | 'quarantine'; limit: number }
  | { kind: 'requeue'; ids: string[]; sdkAppId: string | undefined };

/** What the operating child sends; `end` comes last, and only when it came to the end. */
export type OperationMessage =
  | { kind: 'counts'; pending: number; quarantined: number }
  | { kind: 'pending'; key: string; record: PendingDelivery | undefined }
  | { kind: 'quarantined'; key: string; record: Quarantined | undefined }
  | { kind: 'requeued'; id: string; deliveryId: string }
  | { kind: 'failed'; id: string; reason: string }
  | { kind: 'unreadable'; reason: string }
  | { kind: 'end' };

const CHILD = fileURLToPath(new URL(`./operate-child${import.meta.url.slice(-3)}`, import.meta.url));

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
 * In a process of its own: reading a damaged LMDB file can end the process (SIGBUS, an abort), and would end it
 * without a word.
 *
 * @param onMessage gets what could be read, also where the rest can't be
 * @throws DamagedJournalError
 */
export function operate(
  dir: string,
  operation: Operation,
  onMessage: (message: OperationMessage) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let reason = 'reading it ended the reading process';
    let ended = false;
    const child = fork(CHILD, [dir, JSON.stringify(operation)], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('message', (message: OperationMessage) => {
      if (message.kind === 'end') ended = true;
      else if (message.kind === 'unreadable') reason = message.reason;
      else onMessage(message);
    });
    child.on('error', reject);
    child.on('close', () => (ended ? resolve() : reject(new DamagedJournalError(dir, reason))));
  });
}
