import type { Client } from '@temporalio/client';
import pMap from 'p-map';
import type { ActOutcome } from '../../temporal/attention/act-on-delivery.ts';
import { actOnEach } from '../../temporal/attention/act-on-many.ts';
import { findWorkflowId } from '../../temporal/attention/find-workflow.ts';
import type { Order } from '../../temporal/attention/order.ts';
import { EXIT } from '../context.ts';
import { print, printJson, say } from '../output.ts';
import { describeOutcome, nameOf } from './describe-outcome.ts';
import { describeSettled, followUntilSettled, isUndone } from './follow.ts';

const LOOKED_UP_AT_ONCE = 10;

type Chosen = {
  ids: readonly string[];
  sdkAppId: string | undefined;
  rate?: number | undefined;
  json?: true | undefined;
  wait?: true | undefined;
};

/** Acts on each of these deliveries. One that fails does not stop the others. Returns the exit code. */
export async function actOnIds(
  client: Client,
  order: Order,
  { ids, sdkAppId, rate, json, wait }: Chosen,
): Promise<number> {
  const found = await pMap(ids, (id) => findWorkflowId(client, id, sdkAppId), {
    concurrency: LOOKED_UP_AT_ONCE,
  });
  const workflowIds = [...new Set(found)];
  const { command, dryRun } = order;
  const show = (outcome: ActOutcome) => {
    const line = `${outcome.deliveryId}: ${describeOutcome(outcome, order)}`;
    if (outcome.result === 'failed') say(line);
    else if (!json) print(line);
  };
  const deliveries = await actOnEach(client, { workflowIds, order }, { rate, onDone: show });
  const acting = deliveries.filter(({ result }) => result !== 'failed').map(({ workflowId }) => workflowId);
  const settled = wait ? await followUntilSettled(client, acting) : undefined;
  if (json) printJson({ command: nameOf(command), dryRun, deliveries, ...(settled && { settled }) });
  else if (settled) print(describeSettled(settled));
  return isUndone(settled) || deliveries.some(({ result }) => result === 'failed') ? EXIT.failed : EXIT.done;
}
