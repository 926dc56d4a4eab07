import ms from 'ms';
import { describeExecution, unpauseCommand } from '../../temporal/attention/execution.ts';
import { findAttention, type UndoneDelivery } from '../../temporal/attention/find-attention.ts';
import { findRetrying, type RetryingSummary } from '../../temporal/attention/find-retrying.ts';
import { type LeftOut, leftOut, narrow, summarise } from '../../temporal/attention/narrow-attention.ts';
import { attentionPage } from '../../temporal/ui-link.ts';
import type { CliContext, Usage } from '../context.ts';
import { onTemporal } from '../on-temporal.ts';
import { print, printJson } from '../output.ts';
import { formatTable } from '../table.ts';
import { describeCounts } from './describe-counts.ts';
import { explainUnknownType } from './failure-type.ts';
import { LISTED_IN_TABLE } from './limits.ts';

type FailedOptions = {
  effect?: string | undefined;
  error?: string | undefined;
  olderThan?: number | undefined;
  limit?: number | undefined;
  json?: true | undefined;
};

/** Prints the deliveries that need a person, as a table or as one JSON document. */
export function listFailed(context: CliContext, options: FailedOptions, usage: Usage): Promise<void> {
  const { effect, error, olderThan, limit, json } = options;
  return onTemporal(context, async (client, { temporalUi }) => {
    const now = Date.now();
    const { namespace } = client.options;
    const [all, retrying] = await Promise.all([findAttention(client), findRetrying(client)]);
    if (error !== undefined) refuseUnknownType(usage, error, all);
    const found = narrow(all, { sideEffect: effect, error, olderThan }, now);
    const link = attentionPage(temporalUi, namespace);
    if (json) {
      const summary = { ...summarise(found), leftOut: leftOut(all, found), link, retrying };
      printJson(toDocument(found.slice(0, limit), summary));
      return;
    }
    const isFiltered = [effect, error, olderThan].some((given) => given !== undefined);
    const inAll = describeCounts(summarise(all));
    print(isFiltered ? `${found.length} of ${all.length} match; in all ${inAll}` : inAll);
    if (found.length > 0) describe(found, { limit: limit ?? LISTED_IN_TABLE, now, namespace });
    if (retrying.count > 0) print(describeRetrying(retrying, now));
    print(`In the Temporal UI (it also lists what was retried or dismissed since): ${link}`);
  });
}

function refuseUnknownType(usage: Usage, type: string, all: readonly UndoneDelivery[]): void {
  const why = explainUnknownType(type, all);
  if (why !== undefined) usage.error(`error: --error: ${why}`);
}

/** What may need a person later: `31 more are being retried, the oldest since 22 s (updateSearchIndex: Unreachable)` */
function describeRetrying({ count, oldest }: RetryingSummary, now: number): string {
  const line = `${count} more ${count === 1 ? 'is' : 'are'} being retried`;
  if (!oldest) return line;
  const { sideEffect, error } = oldest.cause ?? {};
  const cause = sideEffect === undefined ? '' : ` (${[sideEffect, error].filter(Boolean).join(': ')})`;
  return `${line}, the oldest since ${ms(Math.max(0, now - oldest.since))}${cause}`;
}

type Document = ReturnType<typeof summarise> & { leftOut: LeftOut; link: string; retrying: RetryingSummary };

function toDocument(shown: UndoneDelivery[], { link, retrying: { count, oldest }, ...summary }: Document) {
  const deliveries = shown.map(({ since, ...row }) => ({ ...row, since: new Date(since).toISOString() }));
  const retrying = {
    count,
    oldest: oldest ? { ...oldest, since: new Date(oldest.since).toISOString() } : null,
  };
  return { ...summary, retrying, link, deliveries };
}

type Shown = { limit: number; now: number; namespace: string };

function describe(found: UndoneDelivery[], { limit, now, namespace }: Shown): void {
  const rows = found.slice(0, limit).map((row) => toRow(row, now));
  const titles = ['DELIVERY', 'AGE', 'STATE', 'PAIRS', 'PARKED', 'FIRST ERROR'];
  print('');
  for (const line of formatTable(titles, rows)) print(line);
  if (found.length > limit) print(`and ${found.length - limit} more: see --limit`);
  print('\nTo retry once the cause is fixed: npx unfriend retry <delivery id>, or retry --all');
  print('To give up what must not happen any more: npx unfriend dismiss <delivery id> --reason <why>');
  if (found.some(({ execution }) => execution === 'PAUSED'))
    print(`To go on with a paused delivery: ${unpauseCommand('<workflow id>', namespace)}`);
}

function toRow(
  { deliveryId, since, execution, pairs, parked, errors }: UndoneDelivery,
  now: number,
): string[] {
  const counts = Object.entries(parked ?? {}).map(([name, count]) => `${name} ${count}`);
  const [error] = errors ?? [];
  return [
    deliveryId,
    ms(Math.max(0, now - since)),
    describeExecution(execution),
    String(pairs),
    parked ? counts.join(', ') : 'not known',
    error ? `${error.type}: ${error.message}` : '',
  ];
}
