import type { Command } from '@commander-js/extra-typings';
import { isOpen } from '../temporal/attention/execution.ts';
import { type DeliveryReport, readDelivery, resolveWorkflowId } from '../temporal/attention/read-progress.ts';
import { followRetries } from '../temporal/attention/retry-chain.ts';
import { type CliContext, EXIT } from './context.ts';
import { describeDelivery } from './describe-delivery.ts';
import { onTemporal } from './on-temporal.ts';
import { print, printJson } from './output.ts';
import { watchDelivery } from './watch-delivery.ts';

export function addStatus(program: Command, context: CliContext): void {
  program
    .command('status')
    .description('progress of one delivery')
    .argument('<delivery id>', 'as in the answer’s x-delivery-id, or the whole workflow id')
    .option('--watch', 'show progress until the delivery is finished')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Exits 1 when the delivery ended with side effects undone, and says what to type next. Of one that was retried since, it is the newest retry's.

Examples:
  $ SDK_APP_ID=1400000000 npx unfriend status 2ea4e023-2859-4512-b629-3089f77dff70 --watch
  $ npx unfriend status friend-deleted/1400000000/2ea4e023-2859-4512-b629-3089f77dff70 --json`,
    )
    .action((delivery, options) =>
      onTemporal(context, async (client, { sdkAppId }) => {
        const { namespace } = client.options;
        const workflowId = await followRetries(client, resolveWorkflowId(delivery, sdkAppId));
        const watch = options.watch && !options.json;
        const report = await (watch ? watchDelivery(client, workflowId) : readDelivery(client, workflowId));
        if (options.json) printJson(toDocument(report));
        else for (const line of describeDelivery(report, { given: delivery, namespace })) print(line);
        context.exitCode = isOpen(report.workflow.execution) || isThrough(report) ? EXIT.done : EXIT.failed;
      }),
    );
}

/** A workflow can also be terminated just after its last side effect. */
function isThrough({ status, workflow }: DeliveryReport): boolean {
  return workflow.execution === 'COMPLETED' || status === 'Done';
}

/** The progress, and the workflow that it is about. Without a worker, or while it is paused, `sideEffects` is null. */
function toDocument({ progress, workflow, ...known }: DeliveryReport): object {
  return { ...(progress ?? { ...known, sideEffects: null }), workflow };
}
