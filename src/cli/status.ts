import type { Command } from '@commander-js/extra-typings';
import { type DeliveryReport, readDelivery, resolveWorkflowId } from '../temporal/read-progress.ts';
import { followRetries } from '../temporal/retry-chain.ts';
import { onTemporal } from './on-temporal.ts';
import { print, printJson, say } from './output.ts';
import { type CliContext, EXIT } from './program.ts';
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
Exits 1 when the delivery ended with side effects undone. Of one that was retried since, it is the newest retry's.

Examples:
  $ SDK_APP_ID=1400000000 npx unfriend status 2ea4e023-2859-4512-b629-3089f77dff70 --watch
  $ npx unfriend status friend-deleted/1400000000/2ea4e023-2859-4512-b629-3089f77dff70 --json`,
    )
    .action((delivery, options) =>
      onTemporal(context, async (client, { sdkAppId }) => {
        const workflowId = await followRetries(client, resolveWorkflowId(delivery, sdkAppId));
        const watch = options.watch && !options.json;
        const report = await (watch ? watchDelivery(client, workflowId) : readDelivery(client, workflowId));
        if (options.json) printJson(toDocument(report));
        else describe(report);
        context.exitCode = ['RUNNING', 'COMPLETED'].includes(report.workflow.execution)
          ? EXIT.done
          : EXIT.failed;
      }),
    );
}

/** The query's answer, and the workflow it is about. Without a worker `sideEffects` is null. */
function toDocument({ progress, workflow, ...known }: DeliveryReport): object {
  return { ...(progress ?? { ...known, sideEffects: null }), workflow };
}

function describe({ deliveryId, status, pairs, progress, workflow }: DeliveryReport): void {
  print(
    `${deliveryId}: ${status}, ${pairs} ${pairs === 1 ? 'pair' : 'pairs'}, workflow ${workflow.execution}`,
  );
  if (!progress) {
    say('No worker answered: side effects are known once one runs.');
    return;
  }
  for (const [name, { done, retrying, parked, total }] of Object.entries(progress.sideEffects)) {
    print(`  ${name}: ${done} of ${total} done, ${retrying} retrying, ${parked} parked`);
  }
  for (const { type, message, count } of progress.errors) print(`  ${count} × ${type}: ${message}`);
}
