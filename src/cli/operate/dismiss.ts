import type { Command } from '@commander-js/extra-typings';
import { effectOption } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { addOperatorOptions, runOperatorCommand } from './operator-command.ts';

export function addDismiss(program: Command, context: CliContext): void {
  const command = program
    .command('dismiss')
    .usage('--reason <text> [options] [delivery id...]')
    .description(
      'give up what is parked, or what a closed delivery left undone: it stays undone, and counts as settled',
    )
    .argument('[delivery id...]', 'as `failed` lists them, or whole workflow ids')
    .addOption(effectOption('only this side effect'))
    .requiredOption('--reason <text>', 'why, shown to others in the Temporal UI (required)');
  addOperatorOptions(command)
    .addHelpText(
      'after',
      `
For a closed delivery a new workflow starts. It records who dismissed the delivery and why, and runs no side effect. With
--effect, the other side effects are parked in it. Exits 1 when a delivery could not be dismissed.

Examples:
  $ SDK_APP_ID=1400000000 npx unfriend dismiss 2ea4e023-2859-4512-b629-3089f77dff70 --reason "account is gone"
  $ npx unfriend dismiss --all --effect notifyUsers --reason "too late to tell" --dry-run`,
    )
    .action((ids, options) =>
      runOperatorCommand(context, { command: 'dismissFailed', ids, options, usage: command }),
    );
}
