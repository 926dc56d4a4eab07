import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { readSettings, type Settings } from '../config.ts';
import { requeue } from '../journal/requeue.ts';
import { JournalStore, SET_UP_MARK } from '../journal/store.ts';
import { OperatorError } from '../operator-error.ts';
import { wholeNumber } from './arguments.ts';
import { print, printJson } from './output.ts';
import type { CliContext } from './program.ts';

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
    .action(({ limit, json }) => withStore(context, true, ({ store }) => list(store, limit, json ?? false)));

  journal
    .command('quarantine')
    .description('what nobody could process, with the reason')
    .option('--limit <count>', 'how many to list', wholeNumber(MAX_LISTED), 100)
    .option('--json', 'print one JSON document')
    .action(({ limit, json }) =>
      withStore(context, true, ({ store }) => listQuarantine(store, limit, json ?? false)),
    );

  journal
    .command('requeue')
    .description('take up again what is in the quarantine, once its cause is mended')
    .argument('<id...>', 'as `journal quarantine` lists them')
    .option('--json', 'print one JSON document')
    .action((ids, { json }) =>
      withStore(context, false, async ({ store, settings }) => {
        const requeued: { id: string; deliveryId: string }[] = [];
        for (const id of ids) requeued.push({ id, deliveryId: await requeue(store, id, settings.sdkAppId) });
        if (json) printJson({ requeued });
        else
          for (const { id, deliveryId } of requeued) print(`${id}: pending again as delivery ${deliveryId}`);
      }),
    );
}

type Opened = { store: JournalStore; settings: Settings };

async function withStore(
  { environment }: CliContext,
  readOnly: boolean,
  act: (opened: Opened) => Promise<void> | void,
): Promise<void> {
  const settings = readSettings(environment, 'operate');
  const { dir } = settings.journal;
  if (!existsSync(join(dir, SET_UP_MARK))) {
    throw new OperatorError(`No journal in ${dir}. Set JOURNAL_DIR or DATA_DIR as the receiver has it.`);
  }
  const store = await JournalStore.open({ dir, readOnly });
  try {
    await act({ store, settings });
  } finally {
    await store.close();
  }
}

function list(store: JournalStore, limit: number, json: boolean): void {
  const deliveries = [...store.listPending(limit)].map(({ record: { delivery, pairs } }) => ({
    deliveryId: delivery.deliveryId,
    sdkAppId: delivery.sdkAppId,
    receivedAt: new Date(delivery.receivedAt).toISOString(),
    pairs: pairs.length,
  }));
  const { pendingCount: pending, quarantinedCount: quarantined } = store;
  if (json) {
    printJson({ pending, quarantined, deliveries });
    return;
  }
  print(`${pending} pending, ${quarantined} in the quarantine`);
  for (const { deliveryId, receivedAt, pairs } of deliveries) {
    print(`  ${receivedAt}  ${deliveryId}  ${pairs} ${pairs === 1 ? 'pair' : 'pairs'}`);
  }
  if (deliveries.length < pending) print(`  and ${pending - deliveries.length} more: see --limit`);
}

function listQuarantine(store: JournalStore, limit: number, json: boolean): void {
  const entries = [...store.listQuarantined(limit)].map(({ key, record }) => ({
    id: key,
    kind: record.kind,
    reason: record.reason,
    quarantinedAt: new Date(record.quarantinedAt).toISOString(),
    ...(record.kind === 'delivery'
      ? { deliveryId: record.pending.delivery.deliveryId, pairs: record.pending.pairs.length }
      : { query: record.raw.query, body: Buffer.from(record.raw.body, 'base64').toString('utf8') }),
  }));
  const { quarantinedCount: quarantined } = store;
  if (json) {
    printJson({ quarantined, entries });
    return;
  }
  print(`${quarantined} in the quarantine`);
  for (const { id, kind, reason, quarantinedAt } of entries)
    print(`  ${id}  ${quarantinedAt}  ${kind}: ${reason}`);
}
