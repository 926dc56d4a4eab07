import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { readSettings } from '../../config/settings.ts';
import { SET_UP_MARK } from '../../journal/database.ts';
import {
  DamagedJournalError,
  type Operation,
  type OperationMessage,
  operate,
} from '../../journal/operate/operate.ts';
import type { PendingDelivery } from '../../journal/record.ts';
import { OperatorError } from '../../operator-error.ts';
import { wholeNumber } from '../arguments.ts';
import { type CliContext, EXIT } from '../context.ts';
import { print, printJson, say } from '../output.ts';
import { readAndWarn } from '../read-and-warn.ts';
import { printQuarantine } from './quarantine.ts';

const MAX_LISTED = 100_000;

/** Adds `journal` with its commands; they work beside a receiver that has the journal. */
export function addJournal(program: Command, context: CliContext): void {
  const journal = program
    .command('journal')
    .description('what this receiver acknowledged and Temporal does not have yet')
    .addHelpText(
      'after',
      `
Reads JOURNAL_DIR (or DATA_DIR) of this machine, also while a receiver runs.

Examples:
  $ npx unfriend journal                                       what is pending
  $ npx unfriend journal quarantine --json                     what nobody could process, with the reason
  $ SDK_APP_ID=1400000000 npx unfriend journal requeue 01KAS…  take it up again`,
    );

  journal
    .command('list', { isDefault: true })
    .description('deliveries that are not in Temporal yet, the oldest first')
    .option('--limit <count>', 'how many to list', wholeNumber(MAX_LISTED), 100)
    .option('--json', 'print one JSON document')
    .action(({ limit, json }) => list(context, { kind: 'list', limit }, json ?? false));

  journal
    .command('quarantine')
    .description('what nobody could process, with the reason')
    .option('--limit <count>', 'how many to list', wholeNumber(MAX_LISTED), 100)
    .option('--json', 'print one JSON document')
    .action(({ limit, json }) => list(context, { kind: 'quarantine', limit }, json ?? false));

  journal
    .command('requeue')
    .description('take up again what is in the quarantine, once its cause is mended')
    .argument('<id...>', 'as `journal quarantine` lists them')
    .option('--json', 'print one JSON document')
    .action((ids, { json }) => requeue(context, ids, json ?? false));
}

/** What could be read of the journal; `fault` says why there is no more of it. */
type Found = { messages: OperationMessage[]; fault: DamagedJournalError | undefined };

async function onJournal(context: CliContext, operation: Operation): Promise<Found> {
  const { dir } = readAndWarn(context, 'operate').journal;
  if (!existsSync(join(dir, SET_UP_MARK))) {
    throw new OperatorError(`No journal in ${dir}. Set JOURNAL_DIR or DATA_DIR as the receiver has it.`);
  }
  const messages: OperationMessage[] = [];
  try {
    await operate(dir, operation, (message) => messages.push(message));
    return { messages, fault: undefined };
  } catch (error) {
    if (!(error instanceof DamagedJournalError) || messages.length === 0) throw error;
    return { messages, fault: error };
  }
}

async function list(context: CliContext, operation: Operation, json: boolean): Promise<void> {
  const { messages, fault } = await onJournal(context, operation);
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

/** One that fails holds up none of the others. */
async function requeue(context: CliContext, ids: string[], json: boolean): Promise<void> {
  const { sdkAppId } = readSettings(context.environment, 'operate');
  const { messages, fault } = await onJournal(context, { kind: 'requeue', ids, sdkAppId });
  const requeued = messages.flatMap((message) =>
    message.kind === 'requeued' ? [{ id: message.id, deliveryId: message.deliveryId }] : [],
  );
  const failed = messages.flatMap((message) =>
    message.kind === 'failed' ? [{ id: message.id, reason: message.reason }] : [],
  );
  if (json) printJson({ requeued, failed });
  else for (const { id, deliveryId } of requeued) print(`${id}: pending again as delivery ${deliveryId}`);
  for (const { id, reason } of failed) say(`${id}: ${reason}`);
  if (failed.length > 0) context.exitCode = EXIT.failed;
  if (fault) throw fault;
}
