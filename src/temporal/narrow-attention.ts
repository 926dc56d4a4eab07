import type { Undone } from './find-attention.ts';

/** Which of the deliveries somebody means; all by default. */
export type AttentionFilter = {
  sideEffect?: string | undefined;
  /** A failure type. */
  error?: string | undefined;
  /** In ms. */
  olderThan?: number | undefined;
};

/** Of what is not known, nobody can say that it is meant: it matches no side effect and no error. */
export function narrow(found: readonly Undone[], filter: AttentionFilter, now: number): Undone[] {
  const { sideEffect, error, olderThan } = filter;
  return found.filter(
    ({ parked, errors, since }) =>
      (sideEffect === undefined || (parked?.[sideEffect] ?? 0) > 0) &&
      (error === undefined || errors?.some(({ type }) => type === error)) &&
      (olderThan === undefined || now - since >= olderThan),
  );
}

/** What many deliveries have in common, for people who decide about all of them. */
export type AttentionSummary = {
  open: number;
  closed: number;
  /** Parked pairs, by side effect. */
  parked: Record<string, number>;
  /** Deliveries, by failure type. */
  errors: Record<string, number>;
};

export function summarise(found: readonly Undone[]): AttentionSummary {
  const summary: AttentionSummary = { open: 0, closed: 0, parked: {}, errors: {} };
  for (const { execution, parked, errors } of found) {
    summary[execution === 'RUNNING' ? 'open' : 'closed'] += 1;
    for (const [name, count] of Object.entries(parked ?? {})) add(summary.parked, name, count);
    for (const { type } of errors ?? []) add(summary.errors, type, 1);
  }
  return summary;
}

function add(counts: Record<string, number>, key: string, count: number): void {
  counts[key] = (counts[key] ?? 0) + count;
}
