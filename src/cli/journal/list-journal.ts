import type { Operation, OperationMessage } from '../../journal/operate/operate.ts';
import type { PendingDelivery } from '../../journal/record.ts';
import type { CliContext } from '../context.ts';
import { print, printJson } from '../output.ts';
import { readAndWarn } from '../read-and-warn.ts';
import { onJournal } from './on-journal.ts';
import { printQuarantine } from './quarantine.ts';

/** Prints what is pending or quarantined. If the journal is damaged, it prints what could be read, and then throws. */
export async function listJournal(context: CliContext, operation: Operation, json: boolean): Promise<void> {
  const { messages, fault } = await onJournal(readAndWarn(context, 'operate').journal.dir, operation);
  if (operation.kind === 'quarantine') printQuarantine(messages, json);
  else printPending(messages, json);
  if (fault) throw fault;
}

function printPending(messages: OperationMessage[], json: boolean): void {
  const counts = messages.find((message) => message.kind === 'counts');
  const { pending = 0, quarantined = 0 } = counts ?? {};
  const found = messages.filter((message) => message.kind === 'pending');
  const deliveries = found.flatMap(({ record }) => (record ? [describePending(record)] : []));
  const damaged = found.filter(({ record }) => !record).map(({ key }) => key);
  if (json) {
    printJson({ pending, quarantined, deliveries, damaged });
    return;
  }
  print(`${pending} pending, ${quarantined} in the quarantine`);
  for (const { deliveryId, receivedAt, pairs } of deliveries)
    print(`  ${receivedAt}  ${deliveryId}  ${pairs} ${pairs === 1 ? 'pair' : 'pairs'}`);
  for (const key of damaged) print(`  entry ${key} is damaged`);
  if (found.length < pending) print(`  and ${pending - found.length} more: see --limit`);
}

function describePending({ delivery, pairs }: PendingDelivery) {
  const { deliveryId, sdkAppId, receivedAt } = delivery;
  return { deliveryId, sdkAppId, receivedAt: new Date(receivedAt).toISOString(), pairs: pairs.length };
}
