import type { Client } from '@temporalio/client';
import type { ActOutcome } from '../../temporal/attention/act-on-delivery.ts';
import { actOnEach } from '../../temporal/attention/act-on-many.ts';
import type { Order } from '../../temporal/attention/order.ts';
import { resolveWorkflowId } from '../../temporal/attention/read-progress.ts';
import { EXIT } from '../context.ts';
import { print, printJson, say } from '../output.ts';
import { describeOutcome, nameOf } from './describe-outcome.ts';

type Chosen = {
  ids: readonly string[];
  sdkAppId: string | undefined;
  rate?: number | undefined;
  json?: true | undefined;
};

/** Acts on each of these deliveries. One that fails does not stop the others. Returns the exit code. */
export async function actOnIds(
  client: Client,
  order: Order,
  { ids, sdkAppId, rate, json }: Chosen,
): Promise<number> {
  const workflowIds = [...new Set(ids.map((id) => resolveWorkflowId(id, sdkAppId)))];
  const { command, dryRun } = order;
  const show = (outcome: ActOutcome) => {
    const line = `${outcome.deliveryId}: ${describeOutcome(outcome, order)}`;
    if (outcome.result === 'failed') say(line);
    else if (!json) print(line);
  };
  const deliveries = await actOnEach(client, { workflowIds, order }, { rate, onDone: show });
  if (json) printJson({ command: nameOf(command), dryRun, deliveries });
  return deliveries.some(({ result }) => result === 'failed') ? EXIT.failed : EXIT.done;
}
