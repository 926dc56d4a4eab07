import type { Command } from '@commander-js/extra-typings';
import { userId, wholeNumber } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { LISTED_IN_TABLE } from '../operate/limits.ts';

const MAX_LISTED = 1_000_000;

export function addFind(program: Command, context: CliContext): void {
  program
    .command('find')
    .description(
      "deliveries that carry an account: in Temporal, and in this machine's journal and quarantine",
    )
    .argument('<account>', 'the UserID, in exactly these letters', userId)
    .option(
      '--limit <count>',
      `how many workflows of Temporal to list (default: ${LISTED_IN_TABLE}, with --json all)`,
      wholeNumber(MAX_LISTED),
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Looks for the name and, with PAYLOAD_KEYS, for its hash by each key. It needs no worker, and a receiver may be running. It
also says what could not be searched. Exits 0 also when nothing is found.

Examples:
  $ npx unfriend find alice
  $ DATA_DIR=/var/lib/unfriend TEMPORAL_ADDRESS=temporal:7233 npx unfriend find "@RBT#001" --json
  $ npx unfriend find -- -alice                                an account that begins with a hyphen`,
    )
    .action(async (account, options) => {
      const { showCarriers } = await import('./show-carriers.ts');
      await showCarriers(context, account, options);
    });
}
