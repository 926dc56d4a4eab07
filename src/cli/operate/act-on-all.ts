import type { Client } from '@temporalio/client';
import type { ActOutcome } from '../../temporal/attention/act-on-delivery.ts';
import { actOnEach, signalEach } from '../../temporal/attention/act-on-many.ts';
import { isOpen } from '../../temporal/attention/execution.ts';
import { findAttention, type UndoneDelivery } from '../../temporal/attention/find-attention.ts';
import {
  type AttentionSummary,
  type LeftOut,
  leftOut,
  narrow,
  summarise,
} from '../../temporal/attention/narrow-attention.ts';
import type { Order } from '../../temporal/attention/order.ts';
import { signalInBatch } from '../../temporal/attention/signal-in-batch.ts';
import { EXIT } from '../context.ts';
import { print, printJson, say } from '../output.ts';
import { createBulkView } from './bulk-view.ts';
import { confirm } from './confirm.ts';
import { describeCounts } from './describe-counts.ts';
import { describeOutcome, nameOf } from './describe-outcome.ts';
import { describeSettled, followUntilSettled, isUndone } from './follow.ts';

const MAX_FAILURES_LISTED = 100;

type AllOptions = {
  yes?: true | undefined;
  rate?: number | undefined;
  json?: true | undefined;
  wait?: true | undefined;
};

/** How many deliveries had which result. `failures`: the first ones; a batch of signals does not name its own. */
type Report = Record<'signalled' | 'started' | 'alreadyStarted' | 'nothing' | 'failed', number> & {
  failures: ActOutcome[];
};

/** `acting`: the workflows that carry out the order now. */
type Done = { report: Report; acting: string[] };

/** Acts on all that `failed` lists, after a person confirmed it. Returns the exit code. */
export async function actOnAll(
  client: Client,
  order: Order,
  { yes, rate, json, wait }: AllOptions,
): Promise<number> {
  const { command, dryRun, input } = order;
  const all = await findAttention(client);
  const found = narrow(all, { sideEffect: input.sideEffect }, Date.now());
  const summary = { ...summarise(found), leftOut: leftOut(all, found) };
  for (const line of describePlan(summary, order, rate)) say(line);
  const isWanted = found.length > 0 && !dryRun;
  const done =
    isWanted && (yes || (await askToGoOn())) ? await carryOut(client, { found, order, rate }) : NOTHING;
  const { report } = done;
  for (const failure of report.failures) say(`${failure.deliveryId}: ${describeOutcome(failure, order)}`);
  if (!json && done !== NOTHING) print(describeReport(report, order));
  const settled = wait ? await followUntilSettled(client, done.acting) : undefined;
  if (json) printJson({ command: nameOf(command), dryRun, ...summary, ...report, settled });
  else if (settled && done !== NOTHING) print(describeSettled(settled));
  const isRefused = isWanted && done === NOTHING;
  return isRefused || report.failed > 0 || isUndone(settled) ? EXIT.failed : EXIT.done;
}

const NOTHING: Done = { report: reportOn([]), acting: [] };

async function askToGoOn(): Promise<boolean> {
  const goesOn = await confirm('Go on?');
  if (!goesOn) say('Nothing was done.');
  return goesOn;
}

type Summary = AttentionSummary & { leftOut: LeftOut };

function describePlan(
  { open, paused, closed, parked, errors, leftOut }: Summary,
  order: Order,
  rate?: number,
): string[] {
  const { command, dryRun, input } = order;
  const rest = leftOut.open + leftOut.closed;
  const others = rest > 0 ? [`  left out by --effect: ${describeCounts(leftOut)}`] : [];
  if (open + closed === 0) return [`Nothing to ${nameOf(command)}.`, ...others];
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'not known';
  const oneByOne = rate ? `signals, ${rate} per second` : 'signals';
  const how = goesInBatch(order, rate) ? 'a batch of signals (a batch job of Temporal)' : oneByOne;
  return [
    `${dryRun ? 'Would' : 'Will'} ${nameOf(command)}${input.sideEffect ? ` ${input.sideEffect} of` : ''}:`,
    ...(open > paused ? [`  ${open - paused} that wait for a person, by ${how}`] : []),
    ...(paused > 0 ? [`  ${paused} that are paused, by signals: they act once somebody unpauses them`] : []),
    ...(closed > 0 ? [`  ${closed} that ended with side effects undone, each by a new workflow`] : []),
    `  parked pairs: ${list(parked)}`,
    `  deliveries by failure type: ${list(errors)}`,
    ...others,
  ];
}

type Work = { found: UndoneDelivery[]; order: Order; rate: number | undefined };

/** A dismissal is final, so it may only reach the deliveries that were shown. A batch's query also finds newer ones. */
function goesInBatch({ command }: Order, rate: number | undefined): boolean {
  return command === 'retryFailed' && rate === undefined;
}

/**
 * Closed deliveries come first, one by one: Temporal can refuse a batch job. Paused ones are signalled one by one,
 * because batch jobs leave them out.
 */
async function carryOut(client: Client, { found, order, rate }: Work): Promise<Done> {
  const open = found.filter(({ execution }) => isOpen(execution));
  const closed = found.filter(({ execution }) => !isOpen(execution));
  const alone = goesInBatch(order, rate) ? open.filter(({ execution }) => execution === 'PAUSED') : open;
  const outcomes = await actOneByOne(client, { alone, closed, order, rate });
  const report = reportOn(outcomes);
  const acting = new Set(
    outcomes.filter(({ result }) => result !== 'failed').map(({ workflowId }) => workflowId),
  );
  if (alone.length === open.length) return { report, acting: [...acting] };
  const { done, failed } = await signalAll(client, order);
  for (const { workflowId } of open) acting.add(workflowId);
  return {
    report: { ...report, signalled: report.signalled + done, failed: report.failed + failed },
    acting: [...acting],
  };
}

type OneByOne = Omit<Work, 'found'> & { alone: UndoneDelivery[]; closed: UndoneDelivery[] };

async function actOneByOne(client: Client, { alone, closed, order, rate }: OneByOne): Promise<ActOutcome[]> {
  const view = createBulkView('one by one');
  let count = 0;
  const options = { rate, onDone: () => view.update(++count, alone.length + closed.length) };
  try {
    const signalled = await signalEach(client, { deliveries: alone, order }, options);
    const workflowIds = closed.map(({ workflowId }) => workflowId);
    return [...signalled, ...(await actOnEach(client, { workflowIds, order }, options))];
  } finally {
    view.stop();
  }
}

async function signalAll(client: Client, { command, input }: Order) {
  const view = createBulkView('signalled');
  try {
    return await signalInBatch(client, {
      command,
      input,
      onProgress: ({ done, failed, total }) => view.update(done + failed, total),
    });
  } finally {
    view.stop();
  }
}

function reportOn(outcomes: readonly ActOutcome[]): Report {
  const count = (...results: ActOutcome['result'][]) =>
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

function describeReport(
  { signalled, started, alreadyStarted, nothing, failed }: Report,
  { command }: Order,
): string {
  const how = `${command === 'retryFailed' ? 'retried' : 'dismissed'} by a new workflow`;
  return [
    `${signalled} signalled`,
    ...(started > 0 ? [`${started} ${how}`] : []),
    ...(alreadyStarted > 0 ? [`${alreadyStarted} started by somebody else`] : []),
    ...(nothing > 0 ? [`${nothing} had nothing left to do`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ].join(', ');
}
