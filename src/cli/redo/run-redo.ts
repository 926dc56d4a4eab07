import type { Client } from '@temporalio/client';
import { readRetention } from '../../temporal/accounts/read-retention.ts';
import { seekAccount } from '../../temporal/accounts/sought-account.ts';
import { toOperatorError } from '../../temporal/connect.ts';
import { countFinished } from '../../temporal/redo/find-finished.ts';
import { emptyReport, type RedoReport, redoAll } from '../../temporal/redo/redo-all.ts';
import { type RedoRequest, toIso, toMemo } from '../../temporal/redo/redo-request.ts';
import { type CliContext, EXIT } from '../context.ts';
import { onTemporal } from '../on-temporal.ts';
import { createBulkView } from '../operate/bulk-view.ts';
import { confirm } from '../operate/confirm.ts';
import { print, printJson, say } from '../output.ts';
import { describePlan, describeReport, type RedoPlan, type Shown } from './describe-redo.ts';
import { type AskedRequest, goOnCommand } from './go-on-command.ts';

type RedoOptions = {
  by?: string | undefined;
  reason?: string | undefined;
  yes?: true | undefined;
  dryRun?: true | undefined;
  rate?: number | undefined;
  json?: true | undefined;
};

/** Does a side effect of finished deliveries again, after a person confirmed it. */
export function runRedo(context: CliContext, asked: AskedRequest, options: RedoOptions): Promise<void> {
  const { account, ...times } = asked;
  const shown = { goOn: goOnCommand(asked), dryRun: options.dryRun === true };
  return onTemporal(context, async (client, { payloadKeys }) => {
    const sought = account === undefined ? undefined : seekAccount(account, payloadKeys);
    const plan = await makePlan(client, { ...times, sought });
    for (const line of describePlan(plan, shown)) say(line);
    const isWanted = options.yes || options.dryRun || (await confirm('Go on?'));
    const report = isWanted ? await carryOut(client, plan, options) : undefined;
    if (options.json) printJson(toDocument({ asked, plan, report: report ?? emptyReport() }, shown));
    tell(report, shown, options.json === true);
    context.exitCode = report?.failed === 0 ? EXIT.done : EXIT.failed;
  });
}

/** For people. With `--json`, stdout is for the document alone. */
function tell(report: RedoReport | undefined, shown: Shown, isJson: boolean): void {
  for (const { deliveryId, reason } of report?.failures ?? []) say(`${deliveryId}: failed: ${reason}`);
  if (!report) say('Nothing was done.');
  else if (!isJson) for (const line of describeReport(report, shown)) print(line);
}

async function makePlan(client: Client, request: RedoRequest): Promise<RedoPlan> {
  try {
    const retention = await readRetention(client);
    const kept = retention === null ? null : Date.now() - 1_000 * retention;
    return {
      request,
      runs: await countFinished(client, request),
      deletedBefore: kept !== null && kept > request.since ? kept : null,
    };
  } catch (error) {
    throw toOperatorError(error);
  }
}

async function carryOut(
  client: Client,
  { request, runs }: RedoPlan,
  { by, reason, dryRun, rate }: RedoOptions,
): Promise<RedoReport> {
  const input = {
    sideEffect: request.sideEffect,
    ...(by !== undefined && { by }),
    ...(reason !== undefined && { reason }),
  };
  const view = createBulkView(dryRun ? 'looked at' : 'started');
  const onDone = (done: number) => view.update(done, Math.max(done, runs));
  try {
    const order = { memo: toMemo(request), input, dryRun: dryRun === true };
    return await redoAll(client, { request, order }, { rate, onDone });
  } catch (error) {
    throw toOperatorError(error);
  } finally {
    view.stop();
  }
}

type Result = { asked: AskedRequest; plan: RedoPlan; report: RedoReport };

function toDocument({ asked, plan, report }: Result, { goOn, dryRun }: Shown): object {
  const { sideEffect, since, until, account = null } = asked;
  const { deletedBefore } = plan;
  return {
    command: 'redo',
    dryRun,
    effect: sideEffect,
    since: toIso(since),
    until: toIso(until),
    account,
    ...report,
    deletedBefore: deletedBefore === null ? null : toIso(deletedBefore),
    goOn,
  };
}
