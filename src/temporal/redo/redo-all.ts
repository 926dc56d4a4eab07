import type { Client } from '@temporalio/client';
import pMap from 'p-map';
import { Pacer } from '../../../activities/backends/net/pacer.ts';
import { deliveryName } from '../../../workflows/contract.ts';
import { describeFailure } from '../connect.ts';
import { findFinished, findOpen } from './find-finished.ts';
import { type RedoOrder, type RedoOutcome, redoDelivery } from './redo-delivery.ts';
import type { RedoRequest } from './redo-request.ts';

const CONCURRENCY = 10;
const MAX_FAILURES_LISTED = 100;

export type RedoFailure = { deliveryId: string; workflowId: string; reason: string };

/** How many deliveries had which result. */
export type RedoReport = {
  /** Deliveries that were finished in the time, and were looked at. */
  found: number;
  /** How many redos were started, and how many pairs they have. */
  started: number;
  pairs: number;
  /** This request had started their redo before. */
  already: number;
  /** Nothing of the side effect was done in them. */
  nothing: number;
  failed: number;
  /** The first ones of `failed`. */
  failures: RedoFailure[];
  /** Deliveries that began in the time and are still open. Nothing is done again for them. */
  open: number;
};

/** `rate`: at most this many workflows are started per second. `onDone`: called with the count so far. */
export type RedoAllOptions = { rate?: number | undefined; onDone?: (count: number) => void };

/**
 * Does a side effect again for every finished delivery that the request is about. It lists and starts at the same time,
 * so its memory grows by the ids alone. One delivery that fails does not stop the others.
 */
export async function redoAll(
  client: Client,
  { request, order }: { request: RedoRequest; order: Omit<RedoOrder, 'turn'> },
  { rate, onDone }: RedoAllOptions = {},
): Promise<RedoReport> {
  const pacer = new Pacer();
  const turn = rate === undefined ? undefined : () => pacer.turn(rate);
  const report = emptyReport();
  // Before the others: one that ends meanwhile is then in one of the two lists at least.
  const open = new Set<string>();
  for await (const first of findOpen(client, request)) open.add(first);
  const redoOne = async (first: string) => {
    const outcome = await redoOrFail(client, first, { ...order, ...(turn && { turn }) });
    note(report, first, outcome);
    if (outcome.result === 'open') open.add(first);
    else open.delete(first);
    onDone?.(report.found);
  };
  await pMap(findFinished(client, request), redoOne, { concurrency: CONCURRENCY });
  return { ...report, open: open.size };
}

export function emptyReport(): RedoReport {
  return { found: 0, started: 0, pairs: 0, already: 0, nothing: 0, failed: 0, failures: [], open: 0 };
}

type Outcome = RedoOutcome | { result: 'failed'; reason: string };

async function redoOrFail(client: Client, first: string, order: RedoOrder): Promise<Outcome> {
  try {
    return await redoDelivery(client, first, order);
  } catch (error) {
    return { result: 'failed', reason: describeFailure(error) };
  }
}

function note(report: RedoReport, first: string, outcome: Outcome): void {
  report.found += 1;
  if (outcome.result === 'open') return;
  report[outcome.result] += 1;
  if (outcome.result === 'started') report.pairs += outcome.affected;
  if (outcome.result === 'failed' && report.failures.length < MAX_FAILURES_LISTED)
    report.failures.push({ deliveryId: deliveryName(first), workflowId: first, reason: outcome.reason });
}
