import { continueAsNew, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import { CHECK_FRIENDSHIPS } from './activity-options.ts';
import {
  type CheckFriendships,
  type ReconcileInput,
  type ReconcileReport,
  reconcileReportQuery,
} from './contract.ts';
import { publishReport } from './reconcile/publish-report.ts';
import { readReconcileInput } from './reconcile/read-input.ts';
import { firstState, reportOf } from './reconcile/report.ts';

const { checkFriendships } = proxyActivities<{ checkFriendships: CheckFriendships }>(CHECK_FRIENDSHIPS);

/**
 * Asks the vendor about friendships that the search index still has, and starts a delivery for each pair that ended
 * without a callback. It works in parts. A part that fails is repeated from where it was.
 *
 * @throws ApplicationFailure `InvalidInput`, or the failure of a backend that no retry can mend
 */
export async function reconcileFriends(given: ReconcileInput): Promise<ReconcileReport> {
  const input = readReconcileInput(given);
  const { carried, accounts, dryRun, rate } = input;
  let state = carried ?? firstState(Date.now());
  let isDone = false;
  const report = () => reportOf(input, state, isDone);
  setHandler(reconcileReportQuery, report, { description: 'What was checked, and what came of it' });
  publishReport(report());
  while (!isDone) {
    if (workflowInfo().continueAsNewSuggested) await continueAsNew({ ...input, carried: state });
    ({ isDone, ...state } = await checkFriendships({
      state,
      ...(accounts && { accounts }),
      ...(dryRun && { dryRun }),
      ...(rate !== undefined && { rate }),
    }));
    publishReport(report());
  }
  return report();
}
