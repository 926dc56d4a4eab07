import type { Command, OptionValues } from '@commander-js/extra-typings';
import type { CommandInput, CommandName } from '../../../workflows/contract.ts';
import type { Order } from '../../temporal/attention/order.ts';
import { wholeNumber } from '../arguments.ts';
import type { CliContext, Usage } from '../context.ts';
import { canAsk } from './confirm.ts';
import { MAX_RATE } from './limits.ts';

/** Adds the options that `retry` and `dismiss` share. */
export function addOperatorOptions<Arguments extends unknown[], Options extends OptionValues>(
  command: Command<Arguments, Options>,
) {
  return command
    .option('--by <name>', 'who, shown to others in the Temporal UI')
    .option('--all', 'everything that `failed` lists')
    .option('--yes', 'with --all: do not ask first')
    .option('--dry-run', 'only say what would be done')
    .option(
      '--rate <per second>',
      'at most this many deliveries per second, one by one',
      wholeNumber(MAX_RATE),
    )
    .option('--json', 'print one JSON document');
}

/** What the command line said, as commander gives it. */
export type OperatorOptions = {
  effect?: string | undefined;
  by?: string | undefined;
  reason?: string | undefined;
  all?: true | undefined;
  yes?: true | undefined;
  dryRun?: true | undefined;
  rate?: number | undefined;
  json?: true | undefined;
  wait?: true | undefined;
};

type OperatorCommand = { command: CommandName; ids: string[]; options: OperatorOptions; usage: Usage };

/** Checks the usage, then runs `retry` or `dismiss`: on some deliveries, or on all that `failed` lists. */
export async function runOperatorCommand(
  context: CliContext,
  { command, ids, options, usage }: OperatorCommand,
): Promise<void> {
  const { effect, by, reason, all, yes, wait, dryRun = false } = options;
  if (all && ids.length > 0) usage.error('error: give delivery ids or --all, not both');
  if (!all && ids.length === 0) usage.error('error: give delivery ids, or --all');
  if (yes && !all)
    usage.error('error: --yes goes with --all: deliveries that are named by id need no confirmation');
  if (all && !yes && !dryRun && !canAsk())
    usage.error(
      'error: --all asks first, and there is no terminal to ask on: add --yes, or --dry-run to look',
    );
  if (wait && dryRun) usage.error('error: --wait has nothing to follow with --dry-run: give one of them');
  if (command === 'dismissFailed' && !reason?.trim()) usage.error('error: --reason: say why, for others');
  const input: CommandInput = {
    ...(effect !== undefined && { sideEffect: effect }),
    ...(by !== undefined && { by }),
    ...(reason !== undefined && { reason }),
  };
  const order: Order = { command, input, dryRun };
  const { actOnDeliveries } = await import('./act-on-deliveries.ts');
  await actOnDeliveries(context, order, { ids, ...options });
}
