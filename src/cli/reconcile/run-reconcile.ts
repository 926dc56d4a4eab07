import type { ReconcileInput, ReconcileReport } from '../../../workflows/contract.ts';
import { OperatorError } from '../../operator-error.ts';
import { followReconcile } from '../../temporal/reconcile/follow-reconcile.ts';
import { startReconcile } from '../../temporal/reconcile/start-reconcile.ts';
import { workflowPage } from '../../temporal/ui-link.ts';
import { type CliContext, EXIT } from '../context.ts';
import { counted } from '../counted.ts';
import { onTemporal } from '../on-temporal.ts';
import { confirm } from '../operate/confirm.ts';
import { print, printJson, say } from '../output.ts';
import { checkAccounts, readAccounts } from './read-accounts.ts';
import { createReconcileView } from './reconcile-view.ts';

type Options = {
  account?: string[] | undefined;
  accountsFrom?: string | undefined;
  fromIndex?: true | undefined;
  dryRun?: true | undefined;
  rate?: number | undefined;
  yes?: true | undefined;
  json?: true | undefined;
};

/** Starts a run after a person confirmed it, follows it to its end, and prints its report. */
export async function runReconcile(context: CliContext, options: Options): Promise<void> {
  const { yes, json } = options;
  const input = await composeInput(options);
  await onTemporal(context, async (client, { sdkAppId, taskQueue, temporalUi }) => {
    if (sdkAppId === undefined) throw new OperatorError('SDK_APP_ID: missing; set it to the app to check');
    if (!input.dryRun && !yes && !(await confirm(describePlan(input)))) {
      say('Nothing was done.');
      context.exitCode = EXIT.failed;
      return;
    }
    const run = await startReconcile(client, { sdkAppId, taskQueue, input });
    const link = workflowPage(temporalUi, { namespace: client.options.namespace, ...run });
    say(`Workflow ${run.workflowId} goes on also if this command is stopped: ${link}`);
    const view = createReconcileView();
    const report = await followReconcile(client, run.workflowId, view.update).finally(view.stop);
    if (json) printJson({ ...report, workflow: { ...run, link } });
    else for (const line of describeReport(report)) print(line);
    context.exitCode = report.failed > 0 ? EXIT.failed : EXIT.done;
  });
}

async function composeInput({ account, accountsFrom, dryRun, rate }: Options): Promise<ReconcileInput> {
  const ofFile = accountsFrom === undefined ? undefined : await readAccounts(accountsFrom);
  const accounts = account ? checkAccounts(account) : ofFile;
  return {
    ...(accounts ? { accounts } : { fromIndex: true }),
    ...(dryRun && { dryRun }),
    ...(rate !== undefined && { rate }),
  };
}

function describePlan({ accounts }: ReconcileInput): string {
  const what = accounts ? `the friendships of ${counted(accounts.length, 'account')}` : 'all friendships';
  return `Will ask Tencent Chat about ${what} in the search index, and start a delivery for each that ended. Go on?`;
}

/** `Asked about 10,000 pairs: 300 ended. 300 deliveries started, …` */
function describeReport(report: ReconcileReport): string[] {
  const { dryRun, documents, unreadable, pairs, ended, started, alreadyStarted, failed, errors } = report;
  const came = dryRun
    ? 'a dry run: nothing was started'
    : `${counted(started, 'delivery', 'deliveries')} started, ${alreadyStarted} had been started today`;
  return [
    `${counted(documents, 'document')} of the index, ${counted(pairs, 'pair')} checked: ${ended} ended`,
    `  ${came}`,
    ...(unreadable > 0
      ? [
          `  ${counted(unreadable, 'document')} not checked: the id does not tell one pair, see SEARCH_DOCUMENT_ID`,
        ]
      : []),
    ...(failed > 0
      ? [`  ${counted(failed, 'pair')} not checked: Tencent Chat did not say it. Run this again later`]
      : []),
    ...errors.map(({ type, message, count }) => `  ${count} × ${type}: ${message}`),
  ];
}
