import { isOpen } from './execution.ts';
import type { UndoneDelivery } from './find-attention.ts';

/** Which of the deliveries somebody means; all by default. */
export type AttentionFilter = {
  sideEffect?: string | undefined;
  /** A failure type, in any case of letters. */
  error?: string | undefined;
  /** In ms. */
  olderThan?: number | undefined;
};

/** A delivery whose parked side effects are not known matches no side effect and no error. */
export function narrow(
  found: readonly UndoneDelivery[],
  filter: AttentionFilter,
  now: number,
): UndoneDelivery[] {
  const { sideEffect, olderThan } = filter;
  const error = filter.error?.toLowerCase();
  return found.filter(
    ({ parked, errors, since }) =>
      (sideEffect === undefined || (parked?.[sideEffect] ?? 0) > 0) &&
      (error === undefined || errors?.some(({ type }) => type.toLowerCase() === error)) &&
      (olderThan === undefined || now - since >= olderThan),
  );
}

/** What many deliveries have in common, for people who decide about all of them. */
export type AttentionSummary = {
  /** Workflows that are not closed; `paused` of them wait for somebody to unpause them. */
  open: number;
  paused: number;
  closed: number;
  /** Parked pairs, by side effect. */
  parked: Record<string, number>;
  /** Deliveries, by failure type. */
  errors: Record<string, number>;
};

export function summarise(found: readonly UndoneDelivery[]): AttentionSummary {
  const summary: AttentionSummary = { open: 0, paused: 0, closed: 0, parked: {}, errors: {} };
  for (const { execution, parked, errors } of found) {
    summary[isOpen(execution) ? 'open' : 'closed'] += 1;
    if (execution === 'PAUSED') summary.paused += 1;
    for (const [name, count] of Object.entries(parked ?? {})) add(summary.parked, name, count);
    for (const { type } of errors ?? []) add(summary.errors, type, 1);
  }
  return summary;
}

/** What a filter left out, so that nobody takes an empty list for good news. */
export type LeftOut = Pick<AttentionSummary, 'open' | 'closed'>;

export function leftOut(all: readonly UndoneDelivery[], found: readonly UndoneDelivery[]): LeftOut {
  const [before, now] = [summarise(all), summarise(found)];
  return { open: before.open - now.open, closed: before.closed - now.closed };
}

function add(counts: Record<string, number>, key: string, count: number): void {
  counts[key] = (counts[key] ?? 0) + count;
}
