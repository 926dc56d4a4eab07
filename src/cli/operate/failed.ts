import type { Command } from '@commander-js/extra-typings';
import { duration, effectOption, wholeNumber } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { LISTED_IN_TABLE } from './limits.ts';

const MAX_LISTED = 1_000_000;

export function addFailed(program: Command, context: CliContext): void {
  const command = program
    .command('failed')
    .description('deliveries whose side effects stay undone until a person acts, the oldest first')
    .addOption(effectOption('only where this side effect is parked'))
    .option('--error <type>', 'only with this failure type, such as Unreachable, in any case of letters')
    .option(
      '--older-than <duration>',
      'only deliveries that have needed a person for at least this long, such as 1h',
      duration,
    )
    .option(
      '--limit <count>',
      `how many to list (default: ${LISTED_IN_TABLE}, with --json all)`,
      wholeNumber(MAX_LISTED),
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Lists all deliveries of the namespace, and needs no worker. PARKED is the state when the delivery last began to wait for
a person. With a filter, the first line also says how many deliveries there are without it.

Examples:
  $ npx unfriend failed
  $ npx unfriend failed --effect updateSearchIndex --older-than 1h
  $ TEMPORAL_ADDRESS=temporal:7233 npx unfriend failed --error Unauthorized --json`,
    )
    .action(async (options) => {
      const { listFailed } = await import('./list-failed.ts');
      await listFailed(context, options, command);
    });
}
