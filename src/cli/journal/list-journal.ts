import type { Operation, OperationMessage } from '../../journal/operate/operate.ts';
import type { PendingDelivery } from '../../journal/record.ts';
import type { CliContext } from '../context.ts';
import { print, printJson } from '../output.ts';
import { readAndWarn } from '../read-and-warn.ts';
import { onJournal } from './on-journal.ts';
import { printQuarantine } from './quarantine.ts';
import {
  damagedOf,
  failIfUndecryptable,
  printUndecryptable,
  type Undecryptable,
  undecryptableOf,
} from './undecryptable.ts';

/** Prints what is pending or quarantined. If the journal is damaged, it prints what could be read, and then throws. */
export async function listJournal(context: CliContext, operation: Operation, json: boolean): Promise<void> {
  const { journal, payloadKeys } = readAndWarn(context, 'operate');
  const { messages, fault } = await onJournal(journal.dir, { ...operation, payloadKeys });
  const undecryptable =
    operation.kind === 'quarantine' ? printQuarantine(messages, json) : printPending(messages, json);
  if (fault) throw fault;
  failIfUndecryptable(undecryptable);
}

function printPending(messages: OperationMessage[], json: boolean): Undecryptable[] {
  const counts = messages.find((message) => message.kind === 'counts');
  const { pending = 0, quarantined = 0 } = counts ?? {};
  const found = messages.filter((message) => message.kind === 'pending');
  const deliveries = found.flatMap(({ record }) => (record ? [describePending(record)] : []));
  const damaged = damagedOf(found);
  const undecryptable = undecryptableOf(found);
  if (json) {
    printJson({ pending, quarantined, deliveries, damaged, undecryptable });
    return undecryptable;
  }
  print(`${pending} pending, ${quarantined} in the quarantine`);
  for (const { deliveryId, receivedAt, pairs } of deliveries)
    print(`  ${receivedAt}  ${deliveryId}  ${pairs} ${pairs === 1 ? 'pair' : 'pairs'}`);
  for (const key of damaged) print(`  entry ${key} is damaged`);
  printUndecryptable(undecryptable);
  if (found.length < pending) print(`  and ${pending - found.length} more: see --limit`);
  return undecryptable;
}

function describePending({ delivery, pairs }: PendingDelivery) {
  const { deliveryId, sdkAppId, receivedAt } = delivery;
  return { deliveryId, sdkAppId, receivedAt: new Date(receivedAt).toISOString(), pairs: pairs.length };
}
