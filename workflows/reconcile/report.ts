import type { ReconcileInput, ReconcileReport, ReconcileState } from '../contract.ts';

/** @param now in ms since the epoch */
export function firstState(now: number): ReconcileState {
  return {
    startedAt: now,
    day: new Date(now).toISOString().slice(0, 10).replaceAll('-', ''),
    total: 0,
    counts: {
      documents: 0,
      unreadable: 0,
      pairs: 0,
      ended: 0,
      started: 0,
      alreadyStarted: 0,
      failed: 0,
    },
    errors: [],
  };
}

export function reportOf(
  { accounts, dryRun = false }: ReconcileInput,
  { day, total, counts, errors }: ReconcileState,
  isDone: boolean,
): ReconcileReport {
  return {
    status: isDone ? 'Done' : 'Running',
    dryRun,
    day,
    ...(accounts && { accounts: accounts.length }),
    total,
    ...counts,
    errors,
  };
}
