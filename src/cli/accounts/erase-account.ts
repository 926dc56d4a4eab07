import type { Client } from '@temporalio/client';
import { type CliContext, EXIT } from '../context.ts';
import { onTemporal } from '../on-temporal.ts';
import { confirm } from '../operate/confirm.ts';
import { print, printJson, say } from '../output.ts';
import { carryOut, type Erased, NOTHING } from './carry-out.ts';
import { describeErased, describePlan, describeStaying } from './describe-erasure.ts';
import { makePlan, type Plan } from './make-plan.ts';
import { seekAndWarn } from './seek-and-warn.ts';

const MAX_FAILURES_LISTED = 100;

type EraseOptions = { dryRun: boolean; yes: boolean; json: boolean };

/** Deletes what carries the account, after a person confirmed it. */
export function eraseAccount(context: CliContext, account: string, options: EraseOptions): Promise<void> {
  return onTemporal(context, async (client, settings) => {
    const sought = seekAndWarn(account, settings);
    const plan = await makePlan(client, sought, settings);
    for (const line of describePlan(plan, options.dryRun)) say(line);
    const erased = await eraseIfWanted(client, plan, options);
    show(plan, erased, options);
    const isUnfinished = !erased || erased.failures.length + erased.stillThere > 0;
    context.exitCode = isUnfinished ? EXIT.failed : EXIT.done;
    if (plan.journal.fault) throw plan.journal.fault;
  });
}

/** undefined: the person said no. */
async function eraseIfWanted(
  client: Client,
  plan: Plan,
  { dryRun, yes }: EraseOptions,
): Promise<Erased | undefined> {
  if (dryRun || plan.closed.length + plan.journal.quarantined.length === 0) return NOTHING;
  if (yes || (await confirm('Delete it for good?'))) return carryOut(client, plan);
  return undefined;
}

function show(plan: Plan, erased: Erased | undefined, { dryRun, json }: EraseOptions): void {
  if (json) printJson(toDocument(plan, erased ?? NOTHING, dryRun));
  else if (!erased) say('Nothing was deleted.');
  else for (const line of report(plan, erased, dryRun)) print(line);
}

function report(plan: Plan, erased: Erased, dryRun: boolean): string[] {
  return [...(dryRun ? [] : describeErased(erased)), ...describeStaying(plan, erased)];
}

function toDocument(plan: Plan, erased: Erased, dryRun: boolean): object {
  const { sought, closed, open, journal, notSearchable, retention } = plan;
  const { taken, reopened, failures, stillThere, discarded } = erased;
  return {
    ...sought,
    dryRun,
    temporal: {
      closed: closed.length,
      open: open + reopened,
      runs: closed.reduce((sum, { runs }) => sum + runs.length, 0),
      deletedRuns: taken.length - stillThere,
      stillThere,
      failures: failures.slice(0, MAX_FAILURES_LISTED),
      failed: failures.length,
      retentionSeconds: retention,
    },
    journal: journal.isThere
      ? {
          pending: journal.pending.length,
          quarantined: journal.quarantined.length,
          discarded,
          damaged: journal.damaged.length,
          locked: journal.locked.length,
        }
      : null,
    notSearchable,
    setAside: journal.setAside,
  };
}
