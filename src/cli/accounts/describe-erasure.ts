import ms from 'ms';
import { counted } from '../counted.ts';
import type { Erased } from './carry-out.ts';
import { describeNotSearched } from './describe-not-searched.ts';
import type { Plan } from './make-plan.ts';

/** For people, before they are asked. */
export function describePlan({ closed, open, journal }: Plan, dryRun: boolean): string[] {
  const { pending, quarantined } = journal;
  const runs = closed.reduce((sum, delivery) => sum + delivery.runs.length, 0);
  if (closed.length + quarantined.length === 0) return ['Nothing to delete.'];
  return [
    dryRun ? 'Would delete:' : 'Will delete:',
    closed.length > 0 &&
      `  in Temporal: ${deliveries(closed.length)} (${counted(runs, 'run')}), with all accounts that they carry`,
    quarantined.length > 0 &&
      `  in the quarantine: ${counted(quarantined.length, 'entry', 'entries')} that nobody has processed. They are lost then: to process them first, see npx unfriend journal quarantine`,
    open > 0 && `Stays: ${deliveries(open)} that ${open === 1 ? 'is' : 'are'} open`,
    pending.length > 0 && `Stays: ${deliveries(pending.length)} pending in the journal`,
  ].filter((line) => line !== false);
}

/** For people, after it. */
export function describeErased({ taken, reopened, failures, stillThere, discarded }: Erased): string[] {
  return [
    `${counted(taken.length - stillThere, 'run')} deleted in Temporal, ${counted(discarded, 'entry', 'entries')} in the quarantine`,
    reopened > 0 && `${deliveries(reopened)} left, because somebody retried them meanwhile`,
    stillThere > 0 &&
      `${counted(stillThere, 'run')} the server has not deleted yet. It goes on by itself: repeat erase later to be sure`,
    ...failures.slice(0, 10).map(({ workflowId, reason }) => `${workflowId}: ${reason}`),
    failures.length > 0 && `${deliveries(failures.length)} could not be deleted: repeat erase`,
  ].filter((line) => line !== false);
}

/** For people: what still holds the account, or may hold it, and until when. */
export function describeStaying(plan: Plan, { reopened }: Erased): string[] {
  const { journal, notSearchable, retention } = plan;
  const open = plan.open + reopened;
  const after = retention === null ? '' : `: at most ${ms(1_000 * retention, { long: true })}`;
  const notSearched = describeNotSearched(notSearchable, journal);
  return [
    open > 0 &&
      `Open, and so left: ${deliveries(open)}. Repeat erase once they have ended, or terminate them: npx unfriend find`,
    journal.pending.length > 0 &&
      `Pending in the journal, and so left: ${deliveries(journal.pending.length)}. Repeat erase once they are handed over and done`,
    ...(notSearched.length > 0
      ? [
          `Not searched. What Temporal has of it stays until it ends, and then for the namespace's retention${after}:`,
          ...notSearched.map((line) => `  ${line}`),
        ]
      : []),
    "Not touched: other receivers' journals, Temporal's archive and backups, logs, and your backends.",
  ].filter((line) => line !== false);
}

function deliveries(count: number): string {
  return counted(count, 'delivery', 'deliveries');
}
