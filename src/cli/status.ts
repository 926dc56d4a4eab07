import type { Command } from '@commander-js/extra-typings';
import type { CliContext } from './context.ts';

export function addStatus(program: Command, context: CliContext): void {
  program
    .command('status')
    .description('where one delivery is, and its progress')
    .argument('<delivery id>', 'as in the answer’s x-delivery-id, or the whole workflow id')
    .option('--watch', 'show progress until the delivery is finished')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
A delivery that is not in Temporal yet is looked for in this machine's journal and quarantine.
Exits 1 when the delivery ended with side effects undone, and says what to type next. If a delivery was retried by a new
workflow, this shows the newest retry.

Examples:
  $ SDK_APP_ID=1400000000 npx unfriend status 2ea4e023-2859-4512-b629-3089f77dff70 --watch
  $ npx unfriend status friend-deleted/1400000000/2ea4e023-2859-4512-b629-3089f77dff70 --json`,
    )
    .action(async (delivery, options) => {
      const { showStatus } = await import('./show-status.ts');
      await showStatus(context, delivery, options);
    });
}
