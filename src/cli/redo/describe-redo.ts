import { notifyBackend } from '../../../activities/notify-backend.ts';
import { notifyUsers } from '../../../activities/notify-users.ts';
import { relayCallback } from '../../../activities/relay-callback.ts';
import { updateSearchIndex } from '../../../activities/update-search-index.ts';
import type { RedoReport } from '../../temporal/redo/redo-all.ts';
import { type RedoRequest, toIso } from '../../temporal/redo/redo-request.ts';
import { counted } from '../counted.ts';

/** What is known before anything is done. `runs`: finished runs in the time, at least as many as deliveries. */
export type RedoPlan = {
  request: RedoRequest;
  runs: number;
  /** Temporal has deleted what was finished before this. null: nothing of the time was deleted by then. */
  deletedBefore: number | null;
};

/** What people should know before they repeat a side effect. */
const WARNINGS: Record<string, string> = {
  [updateSearchIndex.name]:
    'With SEARCH_GUARD=none it also deletes documents of friendships that were made again since.',
  [notifyUsers.name]: 'Its messages are sent again.',
  [notifyBackend.name]: 'Its messages are sent again, with the same ids.',
  [relayCallback.name]: 'The callbacks are posted to the endpoint again, with the same delivery ids.',
};

/** `goOn`: the command that goes on with the request. */
export type Shown = { goOn: string; dryRun: boolean };

/** For people, before they are asked. */
export function describePlan({ request, runs, deletedBefore }: RedoPlan, { goOn, dryRun }: Shown): string[] {
  const { sideEffect, since, until, sought } = request;
  const carrying = sought ? ` that carry ${sought.account}` : '';
  const warning = WARNINGS[sideEffect];
  return [
    `${dryRun ? 'Would' : 'Will'} do ${sideEffect} again for finished deliveries${carrying}:`,
    `  what was done from ${toIso(since)} to ${toIso(until)}: at most ${runs}`,
    ...(warning ? [`  ${warning}`] : []),
    ...(deletedBefore === null
      ? []
      : [
          `  Temporal keeps finished deliveries for the retention of the namespace: those that were finished before ${toIso(deletedBefore)} are gone.`,
        ]),
    `To go on with this request after an interruption: ${goOn}`,
  ];
}

/** For people, after it. */
export function describeReport(report: RedoReport, { goOn, dryRun }: Shown): string[] {
  const { started, pairs, already, nothing, failed, failures, open } = report;
  const counts = [
    `${started} ${dryRun ? 'would be started' : 'started'} (${counted(pairs, 'pair')})`,
    already > 0 && `${already} started by this request before`,
    nothing > 0 && `${nothing} had nothing of it done`,
    failed > 0 && `${failed} failed`,
  ];
  return [
    counts.filter((count) => count !== false).join(', '),
    ...(failed > failures.length ? [`the first ${failures.length} failures are listed`] : []),
    ...(open > 0
      ? [`${open} ${open === 1 ? 'is' : 'are'} still open. Ask again once they are finished: ${goOn}`]
      : []),
    ...(failed > 0 ? [`To try again what failed: ${goOn}`] : []),
  ];
}
