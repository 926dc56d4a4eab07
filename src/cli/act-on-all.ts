import type { Client } from '@temporalio/client';
import type { Order, Outcome } from '../temporal/act-on-delivery.ts';
import { actOnEach, signalEach } from '../temporal/act-on-many.ts';
import { findAttention, type Undone } from '../temporal/find-attention.ts';
import { type AttentionSummary, narrow, summarise } from '../temporal/narrow-attention.ts';
import { signalInBatch } from '../temporal/signal-in-batch.ts';
import { createBulkView } from './bulk-view.ts';
import { confirm } from './confirm.ts';
import { describeOutcome, nameOf } from './describe-outcome.ts';
import { print, printJson, say } from './output.ts';
import { EXIT } from './program.ts';

const MAX_FAILURES_LISTED = 100;

type AllOptions = { yes?: true | undefined; rate?: number | undefined; json?: true | undefined };

/** What became of all of them; `failures` are the first of those that are known one by one. */
type Report = Record<'signalled' | 'started' | 'alreadyStarted' | 'nothing' | 'failed', number> & {
  failures: Outcome[];
};

/** Acts on all that `failed` lists, once somebody agreed. Returns the exit code. */
export async function actOnAll(
  client: Client,
  order: Order,
  { yes, rate, json }: AllOptions,
): Promise<number> {
  const { command, dryRun, input } = order;
  const all = await findAttention(client, { closed: command === 'retryFailed' });
  const found = narrow(all, { sideEffect: input.sideEffect }, Date.now());
  const summary = summarise(found);
  for (const line of describePlan(summary, order, rate)) say(line);
  const isWanted = found.length > 0 && !dryRun;
  if (isWanted && !yes && !(await confirm('Go on?'))) {
    say('Nothing was done.');
    return EXIT.failed;
  }
  const report = isWanted ? await carryOut(client, { found, order, rate }) : reportOn([]);
  for (const failure of report.failures) say(`${failure.deliveryId}: ${describeOutcome(failure, order)}`);
  if (json) printJson({ command: nameOf(command), dryRun, ...summary, ...report });
  else if (isWanted) print(describeReport(report));
  return report.failed > 0 ? EXIT.failed : EXIT.done;
}

function describePlan(
  { open, closed, parked, errors }: AttentionSummary,
  order: Order,
  rate?: number,
): string[] {
  const { command, dryRun, input } = order;
  if (open + closed === 0) return [`Nothing to ${nameOf(command)}.`];
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'not known';
  const how = rate ? `signals, ${rate} a second` : "a batch of signals, Temporal's own";
  return [
    `${dryRun ? 'Would' : 'Will'} ${nameOf(command)}${input.sideEffect ? ` ${input.sideEffect} of` : ''}:`,
    ...(open > 0 ? [`  ${open} that wait for a person, by ${how}`] : []),
    ...(closed > 0 ? [`  ${closed} that ended with side effects undone, each by a new workflow`] : []),
    `  parked, in pairs: ${list(parked)}`,
    `  failed with, in deliveries: ${list(errors)}`,
  ];
}

type Work = { found: Undone[]; order: Order; rate: number | undefined };

/** First what is open; what is closed is taken up one by one. */
async function carryOut(client: Client, { found, order, rate }: Work): Promise<Report> {
  const open = found.filter(({ execution }) => execution === 'RUNNING');
  const closed = found.filter(({ execution }) => execution !== 'RUNNING');
  const inBatch = open.length > 0 && rate === undefined ? await signalAll(client, order) : undefined;
  const alone = rate === undefined ? [] : open;
  const view = createBulkView('one by one');
  let count = 0;
  const manner = { rate, onDone: () => view.update(++count, alone.length + closed.length) };
  try {
    const signalled = await signalEach(client, { deliveries: alone, order }, manner);
    const workflowIds = closed.map(({ workflowId }) => workflowId);
    const report = reportOn([...signalled, ...(await actOnEach(client, { workflowIds, order }, manner))]);
    const { done = 0, failed = 0 } = inBatch ?? {};
    return { ...report, signalled: report.signalled + done, failed: report.failed + failed };
  } finally {
    view.stop();
  }
}

async function signalAll(client: Client, { command, input }: Order) {
  const view = createBulkView('signalled');
  try {
    return await signalInBatch(client, {
      ...{ command, input },
      onProgress: ({ done, failed, total }) => view.update(done + failed, total),
    });
  } finally {
    view.stop();
  }
}

function reportOn(outcomes: readonly Outcome[]): Report {
  const count = (...results: Outcome['result'][]) =>
    outcomes.filter(({ result }) => results.includes(result)).length;
  return {
    signalled: count('signalled', 'retried', 'dismissed'),
    started: count('started'),
    alreadyStarted: count('already-started'),
    nothing: count('nothing'),
    failed: count('failed'),
    failures: outcomes.filter(({ result }) => result === 'failed').slice(0, MAX_FAILURES_LISTED),
  };
}

function describeReport({ signalled, started, alreadyStarted, nothing, failed }: Report): string {
  return [
    `${signalled} signalled`,
    ...(started > 0 ? [`${started} started anew`] : []),
    ...(alreadyStarted > 0 ? [`${alreadyStarted} started by somebody else`] : []),
    ...(nothing > 0 ? [`${nothing} with nothing left to do`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ].join(', ');
}
