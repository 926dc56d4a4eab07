import type { Command } from '@commander-js/extra-typings';
import ms from 'ms';
import { findAttention, type Undone } from '../temporal/find-attention.ts';
import { narrow, summarise } from '../temporal/narrow-attention.ts';
import { attentionPage } from '../temporal/ui-link.ts';
import { duration, effectOption, wholeNumber } from './arguments.ts';
import { onTemporal } from './on-temporal.ts';
import { print, printJson } from './output.ts';
import type { CliContext } from './program.ts';
import { formatTable } from './table.ts';

const MAX_LISTED = 1_000_000;
const LISTED_IN_TABLE = 100;
const MAX_ERROR_LENGTH = 60;

export function addFailed(program: Command, context: CliContext): void {
  program
    .command('failed')
    .description('deliveries whose side effects stay undone until a person acts, the oldest first')
    .addOption(effectOption('only where this side effect is parked'))
    .option('--error <type>', 'only with this failure type, such as Unreachable')
    .option('--older-than <duration>', 'only what needs attention for so long, such as 1h', duration)
    .option(
      '--limit <count>',
      `how many to list (default: ${LISTED_IN_TABLE}, with --json all)`,
      wholeNumber(MAX_LISTED),
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Lists the whole namespace, and needs no worker. What a delivery has parked is told as it was when it last came to wait.

Examples:
  $ npx unfriend failed
  $ npx unfriend failed --effect updateSearchIndex --older-than 1h
  $ TEMPORAL_ADDRESS=temporal:7233 npx unfriend failed --error Unauthorized --json`,
    )
    .action(({ effect, error, olderThan, limit, json }) =>
      onTemporal(context, async (client, { temporalUi }) => {
        const now = Date.now();
        const filter = { sideEffect: effect, error, olderThan };
        const found = narrow(await findAttention(client, { closed: true }), filter, now);
        const link = attentionPage(temporalUi, client.options.namespace);
        if (json) printJson(toDocument(found.slice(0, limit), { ...summarise(found), link }));
        else describe(found, { limit: limit ?? LISTED_IN_TABLE, now, link });
      }),
    );
}

function toDocument(shown: Undone[], { link, ...summary }: ReturnType<typeof summarise> & { link: string }) {
  const deliveries = shown.map(({ since, ...row }) => ({ ...row, since: new Date(since).toISOString() }));
  return { ...summary, link, deliveries };
}

function describe(found: Undone[], { limit, now, link }: { limit: number; now: number; link: string }): void {
  const { open, closed } = summarise(found);
  print(`${open} wait for a person, ${closed} ended with side effects undone`);
  if (found.length > 0) {
    const rows = found.slice(0, limit).map((row) => toRow(row, now));
    const titles = ['DELIVERY', 'AGE', 'STATE', 'PAIRS', 'PARKED', 'FIRST ERROR'];
    print('');
    for (const line of formatTable(titles, rows)) print(line);
    if (found.length > limit) print(`and ${found.length - limit} more: see --limit`);
    print('\nOnce the cause is mended: npx unfriend retry <delivery id>, or retry --all');
    print('What must not happen any more: npx unfriend dismiss <delivery id> --reason <why>');
  }
  print(`In the Temporal UI: ${link}`);
}

function toRow({ deliveryId, since, execution, pairs, parked, errors }: Undone, now: number): string[] {
  const counts = Object.entries(parked ?? {}).map(([name, count]) => `${name} ${count}`);
  const [error] = errors ?? [];
  return [
    deliveryId,
    ms(Math.max(0, now - since)),
    execution === 'RUNNING' ? 'open' : execution.toLowerCase().replace('_', ' '),
    String(pairs),
    parked ? counts.join(', ') : 'not known',
    error ? cut(`${error.type}: ${error.message}`) : '',
  ];
}

function cut(text: string): string {
  return text.length > MAX_ERROR_LENGTH ? `${text.slice(0, MAX_ERROR_LENGTH - 1)}…` : text;
}
