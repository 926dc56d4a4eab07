import type { Command } from '@commander-js/extra-typings';
import { wholeNumber } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { canAsk } from '../operate/confirm.ts';

const MAX_RATE = 10_000;

export function addReconcile(program: Command, context: CliContext): void {
  const command = program
    .command('reconcile')
    .description(
      'ask Tencent Chat about friendships of the search index, and start deliveries for those that ended',
    )
    .option('--account <UserID>', 'friendships of this account; can be given several times', collect)
    .option('--accounts-from <file>', 'friendships of the accounts in this file, one per line; - for stdin')
    .option('--from-index', 'all friendships of the search index')
    .option('--dry-run', 'only count what ended, and start nothing')
    .option(
      '--rate <per second>',
      'at most this many calls to Tencent Chat per second',
      wholeNumber(MAX_RATE),
    )
    .option('--yes', 'do not ask first')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
For callbacks that were lost before Unfriend had them. A workflow on the workers does it: the command only follows it, and
the same command finds it again. The workers need SEARCH_URL and TENCENT_SECRET_KEY. A pair gets at most one delivery per day.
Exits 1 when Tencent Chat could not be asked about a pair.

Examples:
  $ SDK_APP_ID=1400000000 npx unfriend reconcile --from-index --dry-run
  $ SDK_APP_ID=1400000000 npx unfriend reconcile --account alice --account bob --yes
  $ SDK_APP_ID=1400000000 npx unfriend reconcile --accounts-from accounts.txt --rate 20 --yes --json`,
    )
    .action(async (options) => {
      const { account, accountsFrom, fromIndex, dryRun, yes } = options;
      const ways = [account, accountsFrom, fromIndex].filter((way) => way !== undefined);
      if (ways.length !== 1) command.error('error: give one of --account, --accounts-from and --from-index');
      if (!dryRun && !yes && (!canAsk() || accountsFrom === '-')) {
        command.error(
          'error: reconcile asks first, and there is no terminal to ask on: add --yes, or --dry-run to look',
        );
      }
      const { runReconcile } = await import('./run-reconcile.ts');
      await runReconcile(context, options);
    });
}

function collect(account: string, before: string[] = []): string[] {
  return [...before, account];
}
