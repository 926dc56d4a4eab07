import type { Command } from '@commander-js/extra-typings';
import type { Operation } from '../../journal/operate/operate.ts';
import { wholeNumber } from '../arguments.ts';
import type { CliContext } from '../context.ts';

const MAX_LISTED = 100_000;

/** Adds `journal` with its commands. They also work while a receiver has the journal open. */
export function addJournal(program: Command, context: CliContext): void {
  const journal = program
    .command('journal')
    .description('what this receiver acknowledged and Temporal does not have yet')
    .addHelpText(
      'after',
      `
Reads the folder JOURNAL_DIR (or DATA_DIR) of this machine. A receiver may be running.

Examples:
  $ npx unfriend journal                                       what is pending
  $ npx unfriend journal quarantine --json                     what nobody could process, with the reason
  $ SDK_APP_ID=1400000000 npx unfriend journal requeue 01KAS…  make it pending again`,
    );

  journal
    .command('list', { isDefault: true })
    .description('deliveries that are not in Temporal yet, the oldest first')
    .option('--limit <count>', 'how many to list', wholeNumber(MAX_LISTED), 100)
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  $ npx unfriend journal list --limit 1000')
    .action(({ limit, json }) => list(context, { kind: 'list', limit }, json));

  journal
    .command('quarantine')
    .description('what nobody could process, with the reason')
    .option('--limit <count>', 'how many to list', wholeNumber(MAX_LISTED), 100)
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  $ npx unfriend journal quarantine --json')
    .action(({ limit, json }) => list(context, { kind: 'quarantine', limit }, json));

  journal
    .command('requeue')
    .description('make entries of the quarantine pending again, once their cause is fixed')
    .argument('<id...>', 'as `journal quarantine` lists them')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  $ SDK_APP_ID=1400000000 npx unfriend journal requeue 01KAS…')
    .action(async (ids, { json = false }) => {
      const { requeue } = await import('./requeue.ts');
      await requeue(context, ids, json);
    });
}

async function list(context: CliContext, operation: Operation, json = false): Promise<void> {
  const { listJournal } = await import('./list-journal.ts');
  await listJournal(context, operation, json);
}
