import type { Command } from '@commander-js/extra-typings';
import { MAX_PAIRS, wholeNumber } from './arguments.ts';
import type { CliContext } from './context.ts';

export function addDemo(program: Command, context: CliContext): void {
  program
    .command('demo')
    .description('the whole way of a callback, on a local Temporal server and made-up data')
    .option(
      '--pairs <count>',
      "pairs in the callback (default: the vendor's sample, 3)",
      wholeNumber(MAX_PAIRS),
      3,
    )
    .option('--exit', 'end when the delivery is done; exits 0 only if every side effect is')
    .addHelpText(
      'after',
      `
Examples:
  $ npx unfriend demo                 watch one callback, then look around in the Temporal UI
  $ npx unfriend demo --pairs 500     a larger one
  $ npx unfriend demo --exit          for scripts`,
    )
    .action(async (options) => {
      const { runDemo } = await import('./run-demo.ts');
      await runDemo(context, options);
    });
}
