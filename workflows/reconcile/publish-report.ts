import { setCurrentDetails } from '@temporalio/workflow';
import type { ReconcileReport } from '../contract.ts';
import { escapeMarkdown, tableHead, tableRow, withCommas } from '../text.ts';

/** Shows people what was checked. It writes no history, and no search attribute: those are of deliveries. */
export function publishReport(report: ReconcileReport): void {
  const { status, dryRun, total, documents, unreadable, pairs, ended, started, alreadyStarted, failed } =
    report;
  const rows: [what: string, count: number][] = [
    ['documents of the index', total],
    ['documents read', documents],
    ['documents whose id does not tell one pair', unreadable],
    ['pairs that Tencent Chat was asked about', pairs],
    ['of them no friends any more', ended],
    ['deliveries started', started],
    ['deliveries that another run had started', alreadyStarted],
    ['pairs about which it did not say it', failed],
  ];
  const errors = report.errors.map(({ type, message, count }) =>
    escapeMarkdown(`${count} × ${type}: ${message}`),
  );
  setCurrentDetails(
    [
      `**${status}**${dryRun ? ': a dry run, which starts nothing' : ''}`,
      '',
      ...tableHead(['what', 'count']),
      ...rows.map(([what, count]) => tableRow([what, withCommas(count)])),
      ...errors.flatMap((error) => ['', error]),
    ].join('\n'),
  );
}
