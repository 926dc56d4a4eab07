import type { Command } from '@commander-js/extra-typings';
import { effectOption, userId, wholeNumber } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { canAsk } from '../operate/confirm.ts';
import { MAX_RATE } from '../operate/limits.ts';
import { moment } from './moment.ts';

export function addRedo(program: Command, context: CliContext): void {
  const command = program
    .command('redo')
    .usage('--effect <name> --since <time> [options]')
    .description(
      'do a side effect of finished deliveries again, such as after a cache or an index was restored',
    )
    .addOption(effectOption('which side effect (required)').makeOptionMandatory())
    .requiredOption(
      '--since <time>',
      'what was done from here on can be lost: ISO 8601 with its zone, or how long ago, such as 2h (required)',
      moment,
    )
    .option('--until <time>', 'what was done up to here can be lost (default: now)', moment)
    .option('--account <UserID>', 'only deliveries that carry it, with all of their pairs', userId)
    .option('--by <name>', 'who, shown to others in the Temporal UI')
    .option('--reason <text>', 'why, shown to others in the Temporal UI')
    .option('--yes', 'do not ask first')
    .option('--dry-run', 'only say what would be done')
    .option('--rate <per second>', 'start at most this many per second', wholeNumber(MAX_RATE))
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Each delivery gets a new workflow, <id>/redo-1 (then -2, …), that runs this side effect and no other, under the same search
guard. Messages are sent again only by --effect notifyUsers or notifyBackend. With SEARCH_GUARD=none, updateSearchIndex also
deletes the document of a friendship that was made again since.

The same request (effect, times, account) starts nothing twice: repeat it after an interruption, by the command that it
prints. Open deliveries are left out: repeat it once they are finished. --account finds deliveries by their search attribute.
Exits 1 when something failed.

Examples:
  $ npx unfriend redo --effect clearCaches --since 2026-11-25T03:00:00Z --dry-run
  $ npx unfriend redo --effect updateSearchIndex --since 2026-11-25T03:00:00+08:00 --rate 50 --by erin --reason "snapshot"
  $ npx unfriend redo --effect updateSearchIndex --since 2h --account alice --yes --json`,
    )
    .action(async ({ effect, since, until, account, ...options }) => {
      const now = Date.now();
      const end = until ?? now;
      if (since > end) command.error('error: --since: it is after --until');
      if (end > now) command.error('error: --until: it is in the future');
      if (!options.yes && !options.dryRun && !canAsk())
        command.error(
          'error: redo asks first, and there is no terminal to ask on: add --yes, or --dry-run to look',
        );
      const { runRedo } = await import('./run-redo.ts');
      await runRedo(context, { sideEffect: effect, since, until: end, account }, options);
    });
}
