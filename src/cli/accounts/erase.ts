import type { Command } from '@commander-js/extra-typings';
import { userId } from '../arguments.ts';
import type { CliContext } from '../context.ts';
import { canAsk } from '../operate/confirm.ts';

export function addErase(program: Command, context: CliContext): void {
  const command = program
    .command('erase')
    .description('delete closed deliveries that carry an account, and what the quarantine has of it')
    .argument('<account>', 'the UserID, in exactly these letters', userId)
    .option('--dry-run', 'only say what would be deleted')
    .option('--yes', 'do not ask first')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Deletes whole deliveries, with all accounts that they carry. Leaves open deliveries and what is pending in the journal, and
says what is left and until when. Nothing can be undone; repeating it does no harm. Look with \`find\` first.

Examples:
  $ npx unfriend erase alice --dry-run
  $ npx unfriend erase alice
  $ DATA_DIR=/var/lib/unfriend TEMPORAL_ADDRESS=temporal:7233 npx unfriend erase "@RBT#001" --yes --json`,
    )
    .action(async (account, { dryRun = false, yes = false, json = false }) => {
      if (!yes && !dryRun && !canAsk())
        command.error(
          'error: erase asks first, and there is no terminal to ask on: add --yes, or --dry-run to look',
        );
      const { eraseAccount } = await import('./erase-account.ts');
      await eraseAccount(context, account, { dryRun, yes, json });
    });
}
