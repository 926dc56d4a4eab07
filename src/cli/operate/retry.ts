import type { Command } from '@commander-js/extra-typings';
import { effectOption } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { addOperatorOptions, runOperatorCommand } from './operator-command.ts';

export function addRetry(program: Command, context: CliContext): void {
  const command = program
    .command('retry')
    .description('try again what is parked; for a closed delivery, do what is undone in a new workflow')
    .argument('[delivery id...]', 'as `failed` lists them, or whole workflow ids')
    .addOption(effectOption('only this side effect; for a closed delivery, the others stay parked'))
    .option('--reason <text>', 'why, shown to others in the Temporal UI')
    .option('--wait', 'follow the deliveries until each is done or waits for a person again');
  addOperatorOptions(command)
    .addHelpText(
      'after',
      `
A retry never repeats a side effect that is done, so it is safe to retry twice.
Exits 1 when at least one delivery could not be retried. With --wait, it also exits 1 when at least one delivery ends with
something undone.

Examples:
  $ SDK_APP_ID=1400000000 npx unfriend retry 2ea4e023-2859-4512-b629-3089f77dff70
  $ npx unfriend retry --all --dry-run
  $ npx unfriend retry --all --effect updateSearchIndex --by erin --reason "the index is back" --yes --wait`,
    )
    .action((ids, options) =>
      runOperatorCommand(context, { command: 'retryFailed', ids, options, usage: command }),
    );
}
