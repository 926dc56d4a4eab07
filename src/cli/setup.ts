import type { Command } from '@commander-js/extra-typings';
import type { CliContext } from './context.ts';

export function addSetup(program: Command, context: CliContext): void {
  program
    .command('setup')
    .description('create the search attributes on the namespace; safe to repeat')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Example:
  $ TEMPORAL_ADDRESS=temporal:7233 TEMPORAL_NAMESPACE=chat npx unfriend setup`,
    )
    .action(async (options) => {
      const { setUpNamespace } = await import('./set-up-namespace.ts');
      await setUpNamespace(context, options);
    });
}
